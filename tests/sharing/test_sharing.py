"""Copies to pass on: no secret that went in comes out, in any format, and no member goes along that no rule lets through."""

import datetime as dt
import hashlib
import hmac
import typing
from collections.abc import Iterator

import msgspec
import pytest
from builders.readback import read, text_of, write
from builders.scenes import CENTRE, offset, site
from builders.seeded import (
    CAMERA_AT_WORDS,
    SAFE_HOUSE,
    SAFE_HOUSE_WORDS,
    SECRETS,
    seeded_judgement,
    seeded_report,
    sites,
)

from geoverify.exports import all_exporters
from geoverify.interfaces import Background
from geoverify.model import CaptureTime, Post, TextSnippet, Value
from geoverify.places import FootprintKind
from geoverify.report import decode_report, encode_report
from geoverify.results import Report
from geoverify.sharing.footprints import Footprints
from geoverify.sharing.rules import RULES, Rule, rebuild
from geoverify.sharing.sharer import Sharer

SECRET = b"k" * 32
ALL_SECRETS = (*SECRETS, *SAFE_HOUSE_WORDS, *CAMERA_AT_WORDS)
HIDDEN = seeded_report(at=SAFE_HOUSE)
OPEN = seeded_report()


def sharer(secret: bytes = SECRET) -> Sharer:
    return Sharer(sites(), secret)


def structs_of(kind: object, seen: set[type] | None = None) -> set[type]:
    """Every struct that an annotation can reach."""
    seen = set() if seen is None else seen
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        if kind not in seen:
            seen.add(kind)
            for hint in typing.get_type_hints(kind).values():
                structs_of(hint, seen)
        return seen
    if (origin := typing.get_origin(kind)) is not None:
        structs_of(origin, seen)
        for part in typing.get_args(kind):
            structs_of(part, seen)
    return seen


def all_structs() -> set[type]:
    return structs_of(Report) | structs_of(Value)


def test_the_full_report_holds_every_secret() -> None:
    """Else the tests below would look for what is not there."""
    full = encode_report(OPEN).decode() + encode_report(HIDDEN).decode() + msgspec.json.encode(seeded_judgement()).decode()
    assert [secret for secret in ALL_SECRETS if secret not in full] == []


@pytest.mark.parametrize("name", sorted(all_exporters()))
def test_a_shared_export_holds_no_secret(name: str) -> None:
    maker = sharer()
    judgements = maker.share_judgements([seeded_judgement()])
    reports = [maker.share(OPEN), maker.share(HIDDEN)]
    background = Background(sites=maker.share_sites(sites()))
    text = text_of(name, write(name, reports, judgements, background))
    assert [secret for secret in ALL_SECRETS if secret in text] == []
    assert "SEAL01" in text
    assert name == "csv-evidence" or len(read(name, write(name, reports, judgements, background))) == 2


@pytest.mark.parametrize("name", sorted(all_exporters()))
def test_a_shared_export_names_the_report_that_it_came_from(name: str) -> None:
    copy = sharer().share(OPEN)
    assert copy.sharing is not None
    assert copy.sharing.full_report.hex in text_of(name, write(name, [copy]))


def test_every_member_that_a_report_can_have_is_ruled_on() -> None:
    unruled = [
        f"{kind.__name__}.{name}"
        for kind in all_structs()
        for name in kind.__struct_fields__  # type: ignore[attr-defined]
        if name not in RULES.get(kind, {})
    ]
    assert unruled == []


def test_a_member_that_no_rule_names_does_not_go_along() -> None:
    class New(msgspec.Struct, frozen=True, kw_only=True):
        known: str
        added: str = ""

    class Stricter(msgspec.Struct, frozen=True, kw_only=True):
        added: str

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(typing.cast("dict[type, object]", RULES), New, {"known": Rule.KEEP})
        assert rebuild(New(known="a", added="leak")) == New(known="a")
        with pytest.raises(TypeError, match="no rule"):
            rebuild(New(known="a"), added="leak")
        patch.setitem(typing.cast("dict[type, object]", RULES), Stricter, {})
        with pytest.raises(TypeError):
            rebuild(Stricter(added="leak"))
    with pytest.raises(KeyError):
        rebuild(New(known="a"))


def test_a_shared_report_is_a_report() -> None:
    copy = sharer().share(OPEN)
    assert decode_report(encode_report(copy)) == copy
    ids = {item.id for item in copy.observations}
    assert {identifier for item in copy.evidence for identifier in item.observation_ids} <= ids


def test_a_position_in_a_public_footprint_becomes_the_whole_site() -> None:
    place = sharer().share(OPEN).location
    assert place is not None
    assert (place.lat_deg, place.lon_deg) == pytest.approx(CENTRE, abs=1e-6)
    # Half the diagonal of the square, and its boundary's error.
    assert place.error_radius_m == pytest.approx(108.1, abs=0.2)


def test_a_position_outside_every_footprint_is_withheld_and_so_is_what_was_weighed_from_it() -> None:
    copy = sharer().share(HIDDEN)
    assert copy.location is None
    assert copy.scores == ()
    assert {item.channel for item in copy.evidence} <= {"text", "visual"}
    assert copy.sharing is not None
    assert any("outside every public footprint" in line for line in copy.sharing.withheld)


@pytest.mark.parametrize("sensitivity", ["restricted", "confidential"])
def test_a_site_that_is_not_public_is_no_place_that_is_told(sensitivity: str) -> None:
    maker = Sharer((site("SEAL01", sensitivity=sensitivity),), SECRET)
    copy = maker.share(OPEN)
    assert copy.location is None
    assert {item.site_name for item in copy.candidates} <= {"SEAL01"}
    assert maker.share_sites((site("SEAL01", sensitivity=sensitivity),)) == ()


def test_without_the_register_every_position_is_withheld() -> None:
    assert Sharer((), SECRET).share(OPEN).location is None


def test_words_are_reduced_to_the_names_of_the_register() -> None:
    values = [item.value for item in sharer().share(OPEN).observations]
    assert {value.text for value in values if isinstance(value, TextSnippet)} == {"Golden Harbour Park"}


def test_times_are_reduced_to_the_day_of_capture() -> None:
    times = [item.value for item in sharer().share(OPEN).observations if isinstance(item.value, CaptureTime)]
    assert times
    for time in times:
        moment = time.instant_utc or time.local
        assert moment is not None
        assert moment.replace(tzinfo=None) == dt.datetime(2026, 3, 5)
        assert time.resolution_s == 86_400.0


def test_pseudonyms_are_the_same_within_a_case_and_others_in_another() -> None:
    def account(secret: bytes) -> str | None:
        posts = [item.value for item in sharer(secret).share(OPEN).observations if isinstance(item.value, Post)]
        return posts[0].uploader

    assert account(SECRET) == account(SECRET)
    assert account(SECRET) != account(b"o" * 32)


def test_the_salt_proves_which_full_report_a_copy_is_from() -> None:
    maker = sharer()
    copy = maker.share(OPEN)
    assert copy.sharing is not None
    assert copy.sharing.full_report.hex == hmac.new(maker.salt(OPEN), encode_report(OPEN), hashlib.sha256).hexdigest()
    assert maker.salt(OPEN) != sharer(b"o" * 32).salt(OPEN)


def test_scores_are_given_in_steps_that_tell_no_distance() -> None:
    report = msgspec.structs.replace(
        OPEN, observations=tuple(item for item in OPEN.observations if item.provenance.field != "zqfield")
    )
    copy = sharer().share(report)
    assert copy.scores
    for score in copy.scores:
        assert score.log10_lr * 2 == int(score.log10_lr * 2)
        assert score.probability <= max(item.probability for item in OPEN.scores)
    assert copy.elsewhere_probability >= OPEN.elsewhere_probability


def disc(code: str, at: tuple[float, float]) -> Iterator[object]:
    yield site(code, at=at, footprint_kind=FootprintKind.POINT, boundary_error_m=300.0, sensitivity="public")


@pytest.mark.parametrize("lon_deg", [103.5, 180.0, -179.9999])
def test_a_point_site_is_a_disc_also_across_the_antimeridian(lon_deg: float) -> None:
    at = (10.6, lon_deg)
    footprints = Footprints(tuple(disc("P", at)))  # type: ignore[arg-type]
    for east_m, north_m, is_inside in ((0, 299, True), (-299, 0, True), (299, 0, True), (0, 303, False), (250, 250, False)):
        assert (footprints.find(*offset(*at, east_m, north_m)) is not None) == is_inside
