"""What is wrong or doubtful about a register's references."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from geoverify.places import Register
from geoverify.references.lookalikes import MAX_PHOTOS, find_lookalikes
from geoverify.references.looking import open_looker, unpack_features
from geoverify.references.worker import Answer, Look
from geoverify.register.references import Reference, is_intact, load_references, photo_path, references_folder
from geoverify.register.remarks import Remark, make_error, make_info, make_warning
from geoverify.settings import Settings

# The longer side under which a reference shows too little; features are taken at 1,024 px.
MIN_SIDE_PX = 480
# Variance of the Laplacian at 480 px: the softest of 140 sharp references of the shared corpus has 125.
MIN_SHARPNESS = 40.0
# The same corpus's poorest reference has 379.
MIN_FEATURES = 150
# One of those 140 is taken to be covered more than this: by three lines of dark windows.
MAX_HIDDEN_SHARE = 0.2
# Bits of 64 in which the difference hashes of two copies of a photo may differ; those of different photos differ in 12 and more.
MAX_COPY_BITS = 6

Looked = tuple[Reference, Look]


def check_references(register_path: Path, register: Register, settings: Settings, jobs: int = 1) -> list[Remark]:
    """Look at every reference and compare them; remarks in the order of the records, then those about pairs."""
    references = sorted(load_references(register_path), key=lambda item: (item.site_code, item.digest))
    remarks = [remark for reference in references for remark in _check_record(register, reference)]
    intact = [reference for reference in references if is_intact(register_path, reference)]
    for reference in references:
        if reference not in intact:
            fix = "restore it from a copy, or take it out with geoverify refs remove"
            remarks.append(make_error("photo-missing", name_of(reference), "the photo is missing or was changed", fix))
    with open_looker([references_folder(register_path)], settings, jobs) as looker:
        answers = list(looker.look_all([photo_path(register_path, reference) for reference in intact]))
    looked: list[Looked] = []
    for reference, answer in zip(intact, answers, strict=True):
        remarks += _check_picture(reference, answer)
        if isinstance(answer, Look):
            looked.append((reference, answer))
    remarks += _find_copies(looked)
    remarks += _compare_sites(looked)
    return remarks


def name_of(reference: Reference) -> str:
    """How a reference is named in remarks."""
    return f"{reference.site_code} {reference.digest[:12]}"


def _check_record(register: Register, reference: Reference) -> Iterator[Remark]:
    name = name_of(reference)
    site = next((site for site in register.sites if site.code == reference.site_code), None)
    if site is None:
        fix = "put the site back, or take the reference out with geoverify refs remove"
        yield make_error("unknown-site", name, f"the register has no site {reference.site_code}", fix)
    elif reference.part and reference.part not in [part.name for part in site.parts]:
        yield make_warning("unknown-part", name, f"the site has no part {reference.part!r}", "name one of its parts, or none")
    if not reference.source and not reference.by:
        yield make_warning("no-provenance", name, "nobody says where it is from", "add it again with --source and --by")


def _check_picture(reference: Reference, answer: Answer) -> Iterator[Remark]:
    name = name_of(reference)
    if not isinstance(answer, Look):
        yield make_error("not-decoded", name, answer.message, "replace it by a photo that opens")
        return
    if max(answer.width_px, answer.height_px) < MIN_SIDE_PX:
        size = f"{answer.width_px}×{answer.height_px} px"
        yield make_warning("tiny", name, f"only {size}", f"find a larger one: {MIN_SIDE_PX} px and more")
    if answer.sharpness < MIN_SHARPNESS:
        yield make_warning("blurred", name, f"blurred (sharpness {answer.sharpness:.0f})", "find a sharper one")
    if answer.hidden_share > MAX_HIDDEN_SHARE:
        message = f"{answer.hidden_share:.0%} of it is covered by captions, bars or blurred sides"
        yield make_warning("overlay", name, message, "find the picture without them, or crop a copy")
    if answer.feature_count < MIN_FEATURES:
        message = f"only {answer.feature_count} features: little in it can be recognised"
        yield make_warning("featureless", name, message, "find a view with buildings, signs or other detail")


def _find_copies(looked: Sequence[Looked]) -> Iterator[Remark]:
    for number, (reference, look) in enumerate(looked):
        for other, other_look in looked[:number]:
            bits = [(mine ^ other_look.looks[0]).bit_count() for mine in look.looks]
            if min(bits) > MAX_COPY_BITS:
                continue
            mirrored = " in a mirror" if bits[1] < bits[0] else ""
            message = f"looks the same as {name_of(other)}{mirrored}"
            if reference.site_code == other.site_code:
                yield make_warning(
                    "duplicate", name_of(reference), message, "keep the better one: copies are no further evidence"
                )
            else:
                fix = "one photo cannot tell two sites apart: find out which it shows, and take the other out"
                yield make_error("shared-photo", name_of(reference), message, fix)


def _compare_sites(looked: Sequence[Looked]) -> Iterator[Remark]:
    photos = [(reference.site_code, unpack_features(look)) for reference, look in looked]
    for pair in find_lookalikes(photos):
        one, other = looked[pair.first][0], looked[pair.second][0]
        if min((mine ^ looked[pair.second][1].looks[0]).bit_count() for mine in looked[pair.first][1].looks) <= MAX_COPY_BITS:
            continue
        message = f"matches {name_of(other)} ({pair.inliers} features agree): the sites share a building, a front or a sign"
        fix = "say which site it shows, or leave out what both have; footage that shows only that cannot tell them apart"
        yield make_warning("sites-alike", name_of(one), message, fix)
    if len(photos) > MAX_PHOTOS:
        message = f"only the first {MAX_PHOTOS} of {len(photos)} photos were compared with those of other sites"
        yield make_info(
            "not-all-compared", "file", message, "matching itself weighs every photo against those of all other sites"
        )
