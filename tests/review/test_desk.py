"""What the desk shows and takes in."""

import pytest

from geoverify.case.decisions import Confidence, Likelihood, View, read_decisions
from geoverify.case.store import look_at_case, open_case
from geoverify.errors import UsageError
from geoverify.previews.worker import Previews
from geoverify.results import Call
from geoverify.review.desk import Judgement
from geoverify.review.queue import Need


def key_of_name(desk, name):
    return next(file.key for file in desk.queue() if file.name == name)


def test_files_that_most_need_a_person_come_first_and_copies_once(desk):
    files = desk.queue()
    assert [file.need for file in files] == [Need.AMBIGUOUS, Need.HIGH_SCORE, Need.HIGH_SCORE, Need.OTHER]
    assert sorted(file.copies for file in files) == [0, 0, 0, 1]


def test_a_judgement_is_in_the_log_and_takes_the_file_off_the_queue(desk):
    key = key_of_name(desk, "IMG_4131.JPG")
    view = View(lat_deg=10.5, lon_deg=103.6, heading_deg=90.0)
    judgement = Judgement(
        by="RK",
        call=Call.CONSISTENT,
        site="DM01",
        likelihood=Likelihood.LIKELY,
        confidence=Confidence.LOW,
        note="gate",
        view=view,
    )
    desk.judge(key, judgement)
    with look_at_case(desk.case_file) as case:
        (decision,) = read_decisions(case)
    assert (decision.by, decision.call, decision.site, decision.judgement) == ("RK", Call.CONSISTENT, "DM01", "gate")
    assert (decision.likelihood, decision.confidence, decision.view) == (Likelihood.LIKELY, Confidence.LOW, view)
    assert desk.queue()[-1].name == "IMG_4131.JPG" and desk.queue()[-1].need is Need.DONE


def test_a_second_reviewer_sees_the_first_only_after_judging_and_disagreement_is_first_in_the_queue(desk):
    key = key_of_name(desk, "IMG_3310.MOV")
    desk.judge(key, Judgement(by="RK", call=Call.CONSISTENT, site="DM03", note="the wall"))
    assert (desk.describe(key, "AB")["decisions"], desk.describe(key, "AB")["hidden_decisions"]) == ((), 1)
    desk.judge(key, Judgement(by="AB", call=Call.NOT_THIS_SITE, site="DM03"))
    assert [decision.by for decision in desk.describe(key, "ab")["decisions"]] == ["RK", "AB"]
    assert (desk.queue()[0].name, desk.queue()[0].need) == ("IMG_3310.MOV", Need.DISAGREEMENT)
    desk.judge(key, Judgement(by="AB", call=Call.CONSISTENT, site="DM03"))
    assert desk.queue()[-1].need is Need.DONE


def test_a_second_reviewer_can_be_asked_for(desk):
    key = key_of_name(desk, "IMG_3310.MOV")
    desk.judge(key, Judgement(by="RK", call=Call.SECOND_REVIEWER))
    assert desk.queue()[0].need is Need.SECOND_REVIEWER
    desk.judge(key, Judgement(by="AB", call=Call.CONSISTENT, site="DM03"))
    assert desk.queue()[-1].name == "IMG_3310.MOV"


@pytest.mark.parametrize(
    "judgement",
    [
        Judgement(by="", call=Call.CANNOT_TELL),
        Judgement(by="<b>", call=Call.CANNOT_TELL),
        Judgement(by="RK", call=Call.CONSISTENT),
        Judgement(by="RK", call=Call.CONSISTENT, site="no such site"),
        Judgement(by="RK", call=Call.CANNOT_TELL, note="x" * 4001),
        Judgement(by="RK", call=Call.CANNOT_TELL, view=View(lat_deg=91.0, lon_deg=0.0, heading_deg=0.0)),
    ],
)
def test_what_is_no_judgement_is_refused_and_leaves_no_trace(desk, judgement):
    with pytest.raises(UsageError):
        desk.judge(desk.queue()[0].key, judgement)
    with look_at_case(desk.case_file) as case:
        assert list(read_decisions(case)) == []


def test_a_case_that_is_being_written_refuses_the_judgement_and_says_so(desk):
    with open_case(desk.case_file), pytest.raises(UsageError, match="writing to this case"):
        desk.judge(desk.queue()[0].key, Judgement(by="RK", call=Call.CANNOT_TELL))


def test_frames_are_pictures_without_metadata_and_a_missing_file_says_so(desk, made):
    answer = desk.frames(key_of_name(desk, "IMG_3310.MOV"))
    assert isinstance(answer, Previews) and len(answer.pictures) > 1
    assert all(picture.jpeg.startswith(b"\xff\xd8") and b"Exif" not in picture.jpeg for picture in answer.pictures)
    moved = made / "footage" / "IMG_4131.JPG"
    hidden = moved.rename(moved.with_name("moved.jpg"))
    try:
        assert not isinstance(desk.frames(key_of_name(desk, "IMG_4131.JPG")), Previews)
    finally:
        hidden.rename(moved)
