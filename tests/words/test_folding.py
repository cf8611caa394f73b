"""One spelling for all forms of a text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoverify.words.folding import FoldedText, count_signs, fold


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Công viên Đèn Nổi", "cong vien den noi"),
        (unicodedata.normalize("NFD", "Tháp Thuyền Giấy"), unicodedata.normalize("NFC", "Tháp Thuyền Giấy")),
        ("玻璃錨碼頭", "玻璃锚码头"),
        ("ឧទ្យាន\u200bគោម\u200bអណ្តែត", "ឧទ្យានគោមអណ្តែត"),
        ("Ｇｏｌｄｅｎ Ｓｕｎ", "#GoldenSun"),
        ("Block ១២", "block 12"),
        ("ตึก ๓", "ตึก3"),
        ("G\u200bo\u2060lden Sun", "golden-sun"),
        ("ลานน้ำ", "ลานนํ้า".replace("ํ้", "้ํ")),
        ("مَدِينَة", "مدينة"),
        ("Prince’s", "princes"),
    ],
)
def test_forms_of_one_text_fold_to_one(one, other):
    assert fold(one) == fold(other) != ""


def test_vowel_signs_of_scripts_without_latin_accents_are_kept():
    assert fold("กา") != fold("กี")
    assert fold("កា") != fold("គី")


@given(st.text(max_size=80))
def test_the_way_back_holds_for_any_text(text):
    folded = FoldedText.of(text)
    assert folded.text == fold(text)
    assert len(folded.origins) == len(folded.text)
    assert list(folded.origins) == sorted(folded.origins)
    if folded.text:
        assert folded.is_whole(0, len(folded.text))


def test_words_have_boundaries_only_where_the_script_has_spaces():
    latin = FoldedText.of("the casinos here")
    at = latin.text.index("casino")
    assert not latin.is_whole(at, at + len("casino"))
    assert latin.is_whole(at, at + len("casinos"))
    chinese = FoldedText.of("我在浮灯园拍的")
    assert chinese.is_whole(2, 5)
    mixed = FoldedText.of("ខ្ញុំនៅSaltMoonនេះ")
    at = mixed.text.index("saltmoon")
    assert mixed.is_whole(at, at + 8)


def test_ideographs_count_more_and_marks_nothing():
    assert count_signs(fold("浮灯园")) == 9
    assert count_signs(fold("Lantern One")) == 10
    assert count_signs(fold("ลานี")) == 3
