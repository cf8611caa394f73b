"""Counts of a case: independent footage, sites, copies, posts, times."""

import datetime as dt
import random
from pathlib import Path

import pytest
from builders.case_rows import MORNING, dated, row
from builders.reports import report_of
from builders.scenes import fix, site

from geoverify.case.custody import Kind
from geoverify.case.decisions import Decision
from geoverify.case.store import look_at_case, open_case
from geoverify.clocks import Zone
from geoverify.model import Clock
from geoverify.places import StatusPeriod
from geoverify.results import Call, VerdictKind
from geoverify.tally.axes import Axis
from geoverify.tally.counting import count_rows, rows_of_reports
from geoverify.tally.grouping import group_by
from geoverify.tally.recordings import Recordings
from geoverify.tally.sentences import make_sentences
from geoverify.tally.summary import tally_case
from geoverify.tally.windows import Membership, Window, parse_length

HOUR = dt.timedelta(hours=1)


def say(*rows, **options):
    """The sentences by their keys."""
    return {item.key: item for item in make_sentences(count_rows(rows, **options))}


def names(sentence):
    return [file.removeprefix("/f/") for file in sentence.files]


# --- one witness counts once ----------------------------------------------------------------------------------------------


def test_copies_count_once_and_are_told():
    said = say(row("a", "BA01", digest="d1"), row("b", "BA01", digest="d1"), row("c", "KA02"))
    assert said["overview"].count == said["consistent"].count == 2
    assert "1 file is a copy of others" in said["overview"].text
    assert names(said["copies"]) == ["b"]
    assert said["overview"].codes == ("BA01", "KA02")


def test_the_files_of_one_post_are_one_witness_but_show_the_sites_that_they_show():
    said = say(row("a", "BA01", post="telegram x 1"), row("b", "KA02", post="telegram x 1"), row("c", post="telegram x 1"))
    assert said["overview"].count == said["consistent"].count == 1
    assert "at least 2 sites" in said["overview"].text
    assert names(said["same_post"]) == ["b", "c"]


def test_posts_and_copies_join_in_a_chain_whatever_the_order():
    rows = [row("a", digest="d1"), row("b", digest="d2", post="p"), row("c", digest="d1", post="p"), row("d", digest="d2")]
    for turned in (rows, rows[::-1], rows[2:] + rows[:2]):
        assert say(*turned)["overview"].count == 1


def test_doubles_join_different_bytes():
    rows = (row("a", digest="d1"), row("b", digest="d2"), row("c", digest="d3"))
    assert say(*rows)["overview"].count == 3
    said = say(*rows, doubles=[("d1", "d3")])
    assert (said["overview"].count, names(said["copies"])) == (2, ["c"])


def test_it_is_said_where_pictures_were_not_compared():
    assert "exact_copies" in say(row("a"))
    assert "exact_copies" not in say(row("a"), doubles=[])


def test_an_ambiguous_file_adds_no_site():
    said = say(row("a", "BA01"), row("b", "KA02", "KA03"))
    assert "at least 1 site," in said["overview"].text
    assert (said["ambiguous"].count, said["ambiguous"].codes) == (1, ("KA02", "KA03"))


def test_copies_that_are_said_to_be_of_two_places_contradict_each_other_and_add_no_site():
    said = say(row("a", "BA01", digest="d1"), row("b", "KA02", digest="d1"))
    assert said["contradictory"].count == 1
    assert "consistent" not in said and "site" not in said


def test_a_recording_is_as_doubtful_as_its_files_are_together():
    rows = [
        *(row("a", "BA01", digest="d1"), row("b", "KA02", digest="d1"), row("c", digest="d1")),
        *(row("d", "BA01", digest="d2"), row("e", digest="d2"), row("f", "BA01", digest="d3", verdict=VerdictKind.CONTRADICTORY)),
    ]
    recordings = Recordings(count_rows(rows))
    assert [recordings.standing_of(at).value for at in range(6)] == [*["contradictory"] * 3, *["consistent"] * 2, "contradictory"]
    assert (recordings.copies_of(0), recordings.located_otherwise(0), recordings.located_otherwise(3)) == ([1, 2], [1], [])


def test_a_copy_that_says_nothing_takes_nothing_away():
    said = say(row("a", digest="d1"), row("b", "BA01", digest="d1"))
    assert (said["consistent"].count, names(said["site"])) == (1, ["b"])
    assert "inconclusive" not in said


def test_each_file_is_behind_exactly_one_verdict():
    rows = [
        row("a", "BA01"),
        row("b"),
        row("c", "X1", "X2"),
        row("d", verdict=VerdictKind.CONTRADICTORY),
        row("e", digest="digest of a"),
    ]
    rows.append(row("f", verdict=VerdictKind.INCONSISTENT))
    said = say(*rows)
    listed = [file for kind in VerdictKind if kind in said for file in names(said[kind])]
    assert sorted(listed) == list("abcdef")
    assert sum(said[kind].count for kind in VerdictKind if kind in said) == said["overview"].count == 5


# --- sentences ------------------------------------------------------------------------------------------------------------


def test_the_editions_that_list_the_sites_are_told_apart():
    older = row("c", "SI03")
    older = type(older)(
        *(("Test register\t2024" if name == "editions" else getattr(older, name)) for name in older.__struct_fields__)
    )
    text = say(row("a", "BA01"), row("b", "KA02"), older)["overview"].text
    assert "at least 3 sites" in text
    assert "1 of them in edition 2024" in text and "2 of them in edition 2025" in text


def test_lists_can_be_cut_and_tell_how_many_there_are():
    tally = count_rows([row(f"{number:02}") for number in range(30)])
    said = {item.key: item for item in make_sentences(tally, listed=4)}
    assert (len(said["inconclusive"].files), said["inconclusive"].file_count) == (4, 30)


def test_what_is_no_footage_is_not_counted():
    said = say(row("a"), row("notes.txt", is_footage=False))
    assert (said["overview"].count, names(said["no_footage"])) == (1, ["notes.txt"])


def test_no_sentence_claims_more_than_the_tool_can():
    texts = " ".join(item.text for item in make_sentences(count_rows([row("a", "BA01"), row("b"), row("c", "X1", "X2")])))
    assert not any(word in texts.lower() for word in ("verified", "confirmed", "taken at", "proven"))


def test_judgements_of_analysts_are_apart_from_the_counts():
    made = Decision(
        number=9, at="2026-01-18T00:00:00+00:00", path_hex="", sha256="digest of b", by="RK", call=Call.CONSISTENT, site="BA01"
    )
    said = say(row("a"), row("b"), decisions=[made])
    assert names(said["decided"]) == ["b"]
    assert "RK" in said["decided"].text
    assert "site" not in said and "consistent" not in said


def test_reports_without_a_case_are_counted_alike():
    reports = [report_of(fix(0, 0), path="one.jpg"), report_of(path="two.jpg")]
    tally = count_rows(rows_of_reports(reports))
    # The builder gives both the same bytes.
    assert next(item.text for item in make_sentences(tally)).startswith("1 independent piece of footage in 2 files: 1 located")


def test_lists_say_which_files_are_copies_or_are_counted_as_something_else_by_themselves():
    rows = (row("a", "BA01", digest="d1"), row("b", digest="d2"), row("c", post="p"), row("d", "BA01", post="p"))
    said = say(*rows, doubles=[("d1", "d2")])
    assert said["consistent"].notes == {
        "/f/b": "a copy of /f/a; by itself inconclusive",
        "/f/c": "by itself inconclusive",
        "/f/d": "of one post with /f/c",
    }
    assert said["copies"].notes == {"/f/b": "a copy of /f/a; by itself inconclusive"}


def test_disagreement_of_analysts_is_told():
    made = {"number": 9, "at": "2026-01-18T00:00:00+00:00", "path_hex": "", "sha256": "digest of b", "site": "BA01"}
    agreed = [Decision(by=by, call=Call.CONSISTENT, **made) for by in ("RK", "AB")]
    assert "disputed" not in say(row("a"), row("b"), decisions=agreed)
    said = say(row("a"), row("b"), decisions=[*agreed, Decision(by="CD", call=Call.NOT_THIS_SITE, **made)])
    assert (said["disputed"].count, names(said["disputed"])) == (1, ["b"])
    assert said["disputed"].text.startswith("analysts disagree about 1 file: settle that first")


def test_paths_are_shown_from_the_folder_on():
    tally = count_rows([row("a/x"), row("y")], folder=Path("/f"))
    assert [tally.show(one) for one in tally.rows] == ["a/x", "y"]


# --- time -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"filmed": dated()}, Membership.INSIDE),
        ({"filmed": dated(MORNING - 40 * HOUR)}, Membership.OUTSIDE),
        ({"filmed": dated(MORNING - 14 * HOUR, MORNING + 12 * HOUR)}, Membership.POSSIBLE),
        ({"posted": dated()}, Membership.INSIDE),
        # A post of old footage is not new footage.
        ({"filmed": dated(MORNING - 4000 * HOUR), "posted": dated()}, Membership.OUTSIDE),
        ({}, Membership.UNDATED),
    ],
)
def test_a_window_goes_by_filming_and_else_by_posting(changes, expected):
    assert Window(start=MORNING - 10 * HOUR, end=MORNING + HOUR).place(row("a", **changes)) is expected


def test_what_may_lie_in_the_time_or_tells_none_is_not_counted_but_told():
    window = Window(start=MORNING - HOUR, end=MORNING + HOUR)
    possible = row("b", filmed=dated(MORNING - 5 * HOUR, MORNING + 5 * HOUR))
    said = say(row("a", filmed=dated()), possible, row("c"), row("d", filmed=dated(MORNING - 9 * HOUR)), window=window)
    assert (said["overview"].count, names(said["possible"]), names(said["undated"])) == (1, ["b"], ["c"])
    assert said["outside"].count == 1
    assert "by the time of filming, and where no clock tells that, the time of posting" in said["window"].text


@pytest.mark.parametrize(
    ("text", "hours"),
    [("36h", 36), ("7d", 168), ("2w", 336), ("90min", 1.5), ("0h", None), ("h", None), ("-3h", None), ("3 y", None)],
)
def test_lengths_of_time(text, hours):
    assert parse_length(text) == (None if hours is None else hours * HOUR)


# --- side by side ---------------------------------------------------------------------------------------------------------


def test_days_say_what_they_are_days_of():
    rows = [
        row("a", filmed=dated()),
        row("b", filmed=dated(zone=Zone.UTC, local_day=None, shown="2026-01-17 02:00:00 UTC")),
        row("c", posted=dated()),
        row("d"),
        row("e", is_disputed=True),
        row("f", filmed=dated(clock=Clock.FILENAME)),
    ]
    groups = {item.name for item in group_by(count_rows(rows), Axis.DAY)}
    assert groups == {
        "filmed 2026-01-17",
        "filmed 2026-01-17 (UTC)",
        "filmed 2026-01-17 (by its name)",
        "posted 2026-01-17",
        "day unknown",
        "day unknown: its clocks contradict each other",
    }


def test_the_status_is_that_of_the_day_of_filming_in_the_zone_of_the_site():
    history = (
        StatusPeriod(status="suspected", to_date=dt.date(2026, 1, 16)),
        StatusPeriod(status="confirmed", from_date=dt.date(2026, 1, 17)),
    )
    place = site("BA01", status_history=history, time_zone="Asia/Phnom_Penh")
    late = dt.datetime(2026, 1, 16, 17, 30, tzinfo=dt.UTC)
    in_utc = {"zone": Zone.UTC, "local_day": None, "clock": Clock.GPS, "shown": "2026-01-16 17:30:00 UTC"}
    rows = [
        row("a", "BA01", filmed=dated(late, **in_utc)),
        row("b", "BA01", filmed=dated(late - 3 * HOUR, **in_utc)),
        row("c", "BA01"),
    ]
    counts = {item.name: item.files for item in group_by(count_rows(rows, sites=[place]), Axis.STATUS)}
    assert counts == {"confirmed": 1, "suspected": 1, "status unknown: the day is unknown": 1}


def test_sources_are_counted_by_independent_footage():
    rows = [row("a", "BA01", source="telegram: Tip line", post="1"), row("b", source="telegram: Tip line", post="1"), row("c")]
    first, second = group_by(count_rows(rows), Axis.SOURCE)
    assert (first.name, first.files, first.footage, first.located, first.site_codes) == ("telegram: Tip line", 2, 1, 1, ("BA01",))
    assert (second.name, second.files) == ("no source told", 1)


@pytest.mark.parametrize("seed", range(4))
def test_a_whole_case_is_counted_from_its_gists_as_from_its_rows(tmp_path, seed):
    rng = random.Random(seed)
    rows = [
        row(
            f"{number:03}",
            *rng.sample(("BA01", "KA02", "SI03"), rng.choice((0, 0, 1, 1, 2))),
            digest=f"digest {rng.randrange(50)}",
            post=rng.choice((None, f"telegram x {rng.randrange(20)}")),
            is_footage=rng.random() > 0.1,
        )
        for number in range(80)
    ]
    path = tmp_path / "my.gvcase"
    with open_case(path) as case:
        for item in rows:
            columns = [name for _, name, *_ in case.connection.execute("PRAGMA table_info(fact)")]
            values = [getattr(item, name) for name in columns]
            case.connection.execute(f"INSERT INTO fact VALUES ({', '.join('?' * len(values))})", values)
            case.connection.execute(
                "INSERT INTO file (path, size_bytes, digest, is_reported) VALUES (?, 1, ?, 1)", (item.path, item.digest)
            )
        for digest, by in (("digest 1", "AB"), ("digest 1", "CD"), (rows[5].digest, "AB")):
            body = {
                "path_hex": rows[0].path.hex(),
                "sha256": digest,
                "judgement": "seen",
                "by": by,
                "site": by,
                "call": "consistent",
            }
            case.log(Kind.DECIDED, body)
    with look_at_case(path) as case:
        by_gists, by_rows = tally_case(case, is_detailed=False), tally_case(case, is_detailed=True)
        assert not isinstance(by_gists.rows, list) and by_gists.copies() and by_gists.subjects
        assert make_sentences(by_gists) == make_sentences(by_rows)
