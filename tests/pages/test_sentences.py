"""The tool's sentences in French: all that it makes have a form, and no text of a file is taken for one."""

import datetime as dt
import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

import msgspec
import pytest
from builders.channel_scenes import PLACES, SCENES
from builders.mutations import mutate, prepare
from builders.pages import ATTACKS, CASE, SITE, make_reports, make_source
from builders.reading import read
from builders.reports import report_of
from builders.scenes import SETTINGS, captured, fix, gps_time, weigh
from builders.sentences import find_words
from builders.sidecars import MEDIA, SAMPLES, as_json, put, replace_each
from builders.specimens import SPECIMENS

from geoverify.channels import all_channels
from geoverify.clock_checks import check_clocks
from geoverify.model import Absent, Problem
from geoverify.pages.catalogue import load_catalogue
from geoverify.pages.phrases import parse_places
from geoverify.pages.sentences import MAX_SENTENCE_CHARS, say, translate
from geoverify.pages.writing import render_page
from geoverify.sharing.sharer import Sharer
from geoverify.sidecars import read_sidecars

ENGLISH, FRENCH = load_catalogue("en"), load_catalogue("fr")
SEED, MUTANTS = 20, 200
# Words of the source that stand in no template: names of fields and blocks, units, and what is quoted as it is.
QUOTED = {"the file's own directories", "Exif item", "Exif box at byte", "ns lies outside the calendar", "km away", "Ref is"} | {
    "GPS(a, b) read with"
}


def shown(area: str, sentence: str) -> str | None:
    said = translate(FRENCH, area, sentence)
    return None if said is None else html.unescape(re.sub("<[^>]*>", "", said))


def untold(pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(area, sentence) for area, sentence in pairs if translate(FRENCH, area, sentence) is None}


def remarks(findings: Iterable[object]) -> Iterator[tuple[str, str]]:
    for item in findings:
        if isinstance(item, Problem):
            yield "remark", item.message
        elif isinstance(item, Absent):
            yield "missing", item.what
            yield "remark", item.detail


# --- every sentence has a form ---------------------------------------------------------------------------------------------


def test_whatever_channels_say_has_a_french_form() -> None:
    sentences = []
    for scene in SCENES.values():
        observations = tuple(msgspec.structs.replace(item, id=f"o{number}") for number, item in enumerate(scene, start=1))
        for channel in all_channels():
            sentences += [("evidence", item.explanation) for item in weigh(PLACES, *observations, channel=channel.name)]
    assert len(sentences) > 40
    assert untold(sentences) == set()


def test_whatever_readers_say_of_sound_and_damaged_files_has_a_french_form() -> None:
    victims = [prepare(name, data) for name, data in sorted(SPECIMENS.items())]
    files = [*SPECIMENS.values(), *(mutate(victims, SEED, number).data for number in range(MUTANTS))]
    found = [pair for data in files for pair in remarks(read(data))]
    assert len(found) > 200
    assert untold(found) == set()


def test_whatever_sidecars_lack_has_a_french_form(tmp_path: object) -> None:
    found: list[tuple[str, str]] = []
    for number, sample in enumerate(SAMPLES):
        if sample.encode is not as_json:
            continue
        for place, content in enumerate(replace_each(sample.content, "xyzzy")):
            folder = tmp_path / f"{number}-{place}"  # type: ignore[operator]
            media = put(folder / sample.media, MEDIA)
            put(folder / sample.file, sample.encode(content))
            found += remarks(read_sidecars(media, ()).findings)
    assert len(found) > 20
    assert untold(found) == set()


def test_whatever_clocks_contradict_has_a_french_form() -> None:
    day = dt.datetime(2026, 1, 17, 5, 0, tzinfo=dt.UTC)
    now = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
    sentences = []
    for minutes in (0, 7, 420, 433, 1440, 1860, 14_400, 1024 * 7 * 1440, -60_000_000):
        for offset in (None, 420, 570):
            local = (day + dt.timedelta(minutes=minutes, seconds=11)).replace(tzinfo=None)
            times = [msgspec.structs.replace(item, id=item.provenance.field) for item in (captured(local, offset), gps_time(day))]
            sentences += [("remark", item.message) for item in check_clocks(times, now, SETTINGS)]  # type: ignore[arg-type]
    assert len({re.sub(r"\d+", "", sentence) for _, sentence in sentences}) >= 6
    assert untold(sentences) == set()


def test_every_channel_has_its_name_in_copies() -> None:
    for channel in all_channels():
        assert shown("evidence", f"{channel.name} supports A; the details are left out of this shared copy"), channel.name


def test_no_words_of_the_source_are_missing_in_the_catalogue() -> None:
    forms = [
        form
        for key, message in ENGLISH.messages.items()
        if key.startswith(("said.", "part."))
        for form in ([message] if isinstance(message, str) else message.values())
    ]
    known = "\n".join("\0".join(words for words, _, _ in parse_places(form)) for form in forms)
    found = list(find_words())
    assert len(found) > 400
    assert [(place, words) for place, words in found if words not in known and words not in QUOTED] == []


# --- what a sentence says --------------------------------------------------------------------------------------------------


def test_figures_follow_the_language_inside_a_sentence() -> None:
    assert shown(
        "evidence",
        "fix GPSLatitude lies 17248.9 km outside the surveyed footprint of KA02 (boundary ± 4 m); its error is 15 m "
        "(stated by the source)",
    ) == (
        "la position mesurée GPSLatitude est à 17\u202f248,9\u00a0km à l’extérieur du contour levé de KA02 (limite à ± 4 m) ; "
        "son erreur est de 15\u00a0m (indiquée par la source)"
    )
    assert "le 5 oct. 2025, 02:15 UTC, le soleil est à −49° au-dessus de A (nuit)" in str(
        shown(
            "evidence",
            "at 2025-10-05 02:15 UTC the sun stands at -49° over A (night); the frames are dark (luma 20 of 255)",
        )
    )


@pytest.mark.parametrize(("count", "words"), [(1, "1 prise de vue est"), (2, "2 prises de vue sont")])
def test_counts_choose_their_plural(count: int, words: str) -> None:
    said = shown(
        "case", f"{count} {'piece of footage is' if count == 1 else 'pieces of footage are'} consistent with one listed site"
    )
    assert said is not None
    assert said.startswith(words.removesuffix(" est").removesuffix(" sont"))


def test_a_field_before_a_remark_stays_as_it_is() -> None:
    assert shown("remark", "moov/udta: the time-to-sample table is shorter than the track; the file is damaged") == (
        "moov/udta : la table des temps est plus courte que la piste ; le fichier est endommagé"
    )


# --- texts of files --------------------------------------------------------------------------------------------------------


def test_the_text_of_a_file_is_quoted_untouched_and_escaped() -> None:
    said = translate(FRENCH, "evidence", "description names Gate: “<b>at the gate</b> says 3 km \u202e”; that is A")
    assert said is not None
    assert '<bdi dir="auto">&lt;b&gt;at the gate&lt;/b&gt; says 3 km \\u202e</bdi>' in said
    assert "c’est" in said


@pytest.mark.parametrize(
    "quote",
    [
        "x”; that is B",
        "x”; that is another place than B",
        "x names Y: “z",
        "shot here”; A is one of 2 sites that this can mean, one of 3 places named",
    ],
)
def test_a_text_never_poses_as_a_sentence_of_the_tool(quote: str) -> None:
    sentence = f"description names Gate: “{quote}”; that is A"
    said = translate(FRENCH, "evidence", sentence)
    # Either it fits nothing, or the whole text stands where texts stand.
    assert said is None or f'<bdi dir="auto">{html.escape(quote)}</bdi>' in said


def test_what_a_library_says_is_not_taken_for_the_tool() -> None:
    assert shown("remark", "the file is damaged") is None
    assert shown("remark", "ValueError: no stream of pictures opens") is None
    assert shown("remark", "clip.mp4: ValueError: no stream of pictures opens") is None


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("area", ["verdict", "evidence", "remark", "case"])
def test_hostile_sentences_stay_english_and_escaped(area: str, attack: str) -> None:
    said = say(FRENCH, area, attack)
    assert said.startswith('<bdi dir="auto" lang="en">')
    assert "<" not in said.removeprefix('<bdi dir="auto" lang="en">').removesuffix("</bdi>")


def test_remarks_in_remarks_end_before_the_stack_does() -> None:
    about = "no frame could be compared with the references: "
    assert shown("remark", about * 3 + "no stream of pictures opens") is not None
    assert shown("remark", about * 20_000 + "no stream of pictures opens") is None
    # As deep as the longest sentence that is looked at goes.
    deepest = about * (MAX_SENTENCE_CHARS // len(about) - 1) + "no stream of pictures opens"
    assert shown("remark", deepest) is not None


def test_english_pages_say_what_the_report_says() -> None:
    assert say(ENGLISH, "advice", "do this & that") == '<bdi dir="auto">do this &amp; that</bdi>'


def test_a_french_page_says_its_verdicts_evidence_and_advice_in_french() -> None:
    reports = make_reports()
    page = render_page(CASE, make_source(reports), FRENCH)
    assert "à l’extérieur du contour" in page
    for report in reports:
        for sentence in (report.verdict.wording, report.origin.wording, *report.next_steps):
            assert html.escape(sentence, quote=False) not in page


def test_a_copy_to_pass_on_is_french_throughout() -> None:
    sharer = Sharer([msgspec.structs.replace(SITE, sensitivity="public")], b"k" * 32)
    copies = [sharer.share(report) for report in (*make_reports(), report_of(fix(0, 0)))]
    assert any(item.explanation for report in copies for item in report.evidence)
    page = render_page(replace(CASE, name="", is_copy=True), make_source(copies), FRENCH)
    assert "textes libres, valeurs brutes" in page
    assert 'lang="en"' not in page
