"""From links to groups: order changes nothing, chains and films cut from many do not join all, analysts have the last word."""

import datetime as dt
import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoverify.case.checking import find_changes
from geoverify.case.store import Case, open_case
from geoverify.doubles.decisions import Decision, decide_pair, read_decisions
from geoverify.doubles.gathering import MIN_STRONG_SCORE, gather
from geoverify.doubles.groups import count_independent, group_recordings, name_witnesses
from geoverify.doubles.linking import Likeness, Link
from geoverify.doubles.records import FileFacts, KnownTime, Recording, merge_recordings
from geoverify.doubles.reuse import ReuseKind, find_reuse, judge_claim, tell_span
from geoverify.model import MediaKind, TimeMeaning, Who
from geoverify.results import VerdictKind


def link(one: str, other: str, score: float = 0.9, *, is_part: bool = False, share: float = 1.0) -> Link:
    one, other = sorted((one, other))
    likeness = Likeness.RECOMPRESSED
    return Link(
        one=one, other=other, likeness=likeness, score=score, is_part=is_part, one_share=share, other_share=share, why="test"
    )


def said(*, is_same: bool) -> Decision:
    return Decision(is_same=is_same, by="RK", at="2026-01-01T00:00:00.000+00:00")


def groups_of(digests, links, decisions=None):
    return [group for group in gather(digests, links, decisions or {}).groups if len(group) > 1]


def time_on(day: str, meaning: TimeMeaning = TimeMeaning.POSTED, days: float = 0.0) -> KnownTime:
    start = dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC)
    return KnownTime(earliest_utc=start, latest_utc=start + dt.timedelta(days=days), meaning=meaning, who=Who.PLATFORM)


def recording(digest: str, *names: str, case: str | None = None, verdict=VerdictKind.INCONCLUSIVE, **times) -> Recording:
    codes = ("DM01",) if verdict is VerdictKind.CONSISTENT else ()
    files = tuple(
        FileFacts(
            path=Path(name),
            digest=digest,
            case=case,
            verdict=verdict,
            site_codes=codes,
            captured=times.get("captured"),
            posted=times.get("posted"),
        )
        for name in names or (f"{digest}.mp4",)
    )
    return Recording(digest=digest, kind=MediaKind.VIDEO, files=files, prints=())


def together(*recordings: Recording):
    """The one group of recordings that an analyst joined."""
    digests = [item.digest for item in recordings]
    decisions = {pair: said(is_same=True) for pair in itertools.combinations(sorted(digests), 2)}
    (group,) = group_recordings(recordings, decisions).groups
    return group


@pytest.fixture
def case(tmp_path):
    with open_case(tmp_path / "my.gvcase") as opened:
        yield opened


def test_copies_are_one_group_whatever_the_order() -> None:
    links = [link("a", "b", 0.7), link("b", "c", 0.95), link("a", "c", 0.8), link("d", "e", 0.9)]
    for digests in itertools.permutations("abcde"):
        for turned in (links, links[::-1]):
            assert groups_of(digests, turned) == [("a", "b", "c"), ("d", "e")]


def test_a_chain_of_weak_links_does_not_join_everything() -> None:
    chain = "abcdefgh"
    found = groups_of(chain, [link(one, other, 0.6) for one, other in itertools.pairwise(chain)])
    assert max(len(group) for group in found) <= 3


@pytest.mark.parametrize("differs", [{"is_part": True}, {"share": 0.5}], ids=["cut from several", "half of it shown"])
def test_a_chain_of_recordings_that_share_a_part_does_not_join_everything(differs: dict[str, Any]) -> None:
    chain = "abcdefgh"
    found = groups_of(chain, [link(one, other, **differs) for one, other in itertools.pairwise(chain)])
    assert max(len(group) for group in found) <= 3


def test_one_wrong_weak_link_does_not_join_the_copies_of_two_recordings() -> None:
    links = [link(one, other) for side in ("abcd", "wxyz") for one, other in itertools.combinations(side, 2)]
    assert groups_of("abcdwxyz", [*links, link("a", "w", 0.6)]) == [tuple("abcd"), tuple("wxyz")]


def test_more_copies_never_part_what_was_together() -> None:
    # A crop is strongly like one copy only, and too small to be compared with the others.
    copies = "abcdefghi"
    links = [link(one, other) for one, other in itertools.combinations(copies, 2)]
    for count in range(1, len(copies) + 1):
        known = [*copies[:count], "x"]
        inside = [*(item for item in links if {item.one, item.other} <= set(known)), link("a", "x", 0.75)]
        assert groups_of(known, inside) == [tuple(known)]


@given(
    st.dictionaries(
        st.sampled_from(list(itertools.combinations("abcdefgh", 2))), st.floats(MIN_STRONG_SCORE, 1.0), min_size=1, max_size=20
    )
)
def test_no_recording_parts_what_strong_links_joined(scores: dict[tuple[str, str], float]) -> None:
    links = [link(one, other, score) for (one, other), score in scores.items()]
    before: list[tuple[str, ...]] = []
    for count in range(2, 9):
        known = "abcdefgh"[:count]
        after = groups_of(known, [item for item in links if {item.one, item.other} <= set(known)])
        assert all(any(set(group) <= set(larger) for larger in after) for group in before)
        before = after


def test_what_an_analyst_joined_does_not_part_a_strong_copy() -> None:
    # The crop has many links, its mirror image only one: joining the crop with the source takes its mirror image along.
    links = [link("crop", "mirror"), *(link("orig", copy) for copy in "abc")]
    decisions = {("crop", "orig"): said(is_same=True)}
    assert groups_of([*"abc", "crop", "mirror", "orig"], links, decisions) == [(*"abc", "crop", "mirror", "orig")]
    parted = {**decisions, ("mirror", "orig"): said(is_same=False)}
    assert (*"abc", "crop", "orig") in groups_of([*"abc", "crop", "mirror", "orig"], links, parted)


def test_a_film_cut_from_two_recordings_does_not_make_them_one() -> None:
    links = [link("film", "x", is_part=True), link("film", "y", is_part=True)]
    gathered = gather(["film", "x", "y"], links, {})
    assert [group for group in gathered.groups if len(group) > 1] == [("film", "x")]
    assert [(item.one, item.other) for item in gathered.left_over] == [("film", "y")]


def test_two_crops_that_miss_each_other_meet_in_their_source() -> None:
    assert groups_of("abc", [link("a", "b"), link("b", "c")]) == [("a", "b", "c")]


def test_what_an_analyst_parted_stays_apart_and_a_later_word_undoes_it(case: Case) -> None:
    links = [link("a", "b"), link("b", "c"), link("a", "c")]
    decide_pair(case, "c", "a", is_same=False, by="RK")
    decisions = read_decisions(case)
    assert decisions["a", "c"].by == "RK"
    assert groups_of("abc", links, decisions) == [("a", "b")]
    decide_pair(case, "a", "c", is_same=True, by="LM")
    assert groups_of("abc", links, read_decisions(case)) == [("a", "b", "c")]
    assert list(find_changes(case)) == []


def test_an_analyst_can_join_what_shares_no_frame() -> None:
    gathered = gather("ab", [], {("a", "b"): said(is_same=True)})
    assert gathered.groups == (("a", "b"),)
    assert "RK says" in gathered.links[0].why


def test_a_decision_about_files_that_are_not_here_changes_nothing() -> None:
    decisions = {("a", "zz"): said(is_same=True), ("yy", "zz"): said(is_same=False)}
    assert groups_of("ab", [link("a", "b")], decisions) == [("a", "b")]


def test_the_same_bytes_are_a_group_and_one_witness() -> None:
    found = group_recordings([recording("aa", "one.mp4", "two.mp4"), recording("bb")], {})
    (group,) = found.groups
    assert [(member.path.name, member.likeness) for member in group.members] == [
        ("one.mp4", Likeness.REFERENCE),
        ("two.mp4", Likeness.EXACT),
    ]
    assert count_independent(found.groups, ["aa", "bb"]) == 2
    assert count_independent(found.groups, ["aa"]) == 1
    assert name_witnesses(found.groups) == {"aa": group.id}


def test_files_of_one_group_count_once() -> None:
    group = together(recording("aa"), recording("bb"), recording("cc"))
    assert count_independent([group], ["aa", "bb", "cc", "dd"]) == 2
    assert group.id == "gaa"


def test_earlier_footage_alone_makes_no_group() -> None:
    old = [recording("aa", "x.mp4", "y.mp4", case="old.gvcase")]
    assert group_recordings(merge_recordings([recording("bb"), *old]), {}).groups == ()
    (group,) = group_recordings(merge_recordings([recording("aa", "z.mp4"), *old]), {}).groups
    assert [member.file.case for member in group.members] == [None, "old.gvcase", "old.gvcase"]


def test_an_earlier_post_contradicts_a_claimed_capture() -> None:
    old = recording("aa", "old.mp4", case="old.gvcase", posted=time_on("2022-09-18"))
    new = recording("bb", "new.mp4", captured=time_on("2024-09-20", TimeMeaning.CAPTURED))
    (found,) = find_reuse(together(old, new))
    assert found.kind is ReuseKind.POSTED_BEFORE_CAPTURE
    assert found.wording == (
        "also seen in old.mp4 in old.gvcase, posted 2022-09-18 (written by the platform), 2 years before the claimed date "
        "2024-09-20 (written by the platform)"
    )


def test_a_post_that_may_be_later_contradicts_nothing() -> None:
    # A local time without its offset, or a bare date, leaves room.
    old = recording("aa", "old.mp4", posted=time_on("2024-09-20", days=1.5))
    new = recording("bb", "new.mp4", captured=time_on("2024-09-21", TimeMeaning.CAPTURED))
    group = together(old, new)
    assert judge_claim(group, new.files[0].captured) is None
    assert [item.kind for item in find_reuse(group)] == []


def test_a_later_upload_is_told_without_a_contradiction() -> None:
    old = recording("aa", "old.mp4", posted=time_on("2022-01-01"))
    new = recording("bb", "new.mp4", posted=time_on("2022-04-01"))
    (found,) = find_reuse(together(old, new))
    assert (found.kind, found.member.path.name) == (ReuseKind.POSTED_EARLIER, "new.mp4")
    assert "3 months before it was posted here" in found.wording


def test_an_upload_to_two_platforms_on_one_day_is_not_told() -> None:
    old = recording("aa", posted=time_on("2022-01-01T08:00"))
    new = recording("bb", posted=time_on("2022-01-01T15:00"))
    assert list(find_reuse(together(old, new))) == []


def test_a_located_copy_lends_its_place_and_counts_once() -> None:
    located = recording("aa", "a.mp4", verdict=VerdictKind.CONSISTENT)
    bare = recording("bb", "b.mp4")
    group = together(located, bare)
    (found,) = find_reuse(group)
    assert found.wording == "same recording as a.mp4, which is consistent with DM01"
    assert [member.digest for member in group.located] == ["aa"]


@pytest.mark.parametrize(
    ("days", "told"), [(0.5, "12 hours"), (1, "1 day"), (45, "45 days"), (90, "3 months"), (400, "13 months"), (731, "2 years")]
)
def test_spans_are_told_in_the_largest_unit_that_fits_twice(days: float, told: str) -> None:
    assert tell_span(dt.timedelta(days=days)) == told
