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
        # Khmer: subscript da and ta, shifter and vowel, a shifter typed as u, vowels typed as two, ro before another.
        ("កណ្ដាល", "កណ្តាល"),
        ("ស៊ីហនុ", "សី៊ហនុ"),
        ("ស៊ីហនុ", "សុីហនុ"),
        ("កោះ", "ក\u17c1\u17b6ះ"),
        ("ស្ត្រី", "ស\u17d2\u179a\u17d2\u178fី"),
        # Thai and Lao: am as two signs, tone before or after, ae as two.
        ("น้ำ", "นํ้า"),
        ("ท่าน้ำ", "ท่าน\u0e49\u0e4d\u0e32"),
        ("ที่", "ท\u0e48\u0e35"),
        ("แม่สอด", "เเม่สอด"),
        ("ແຂວງ", "ເເຂວງ"),
        # Burmese: zero for the letter wa, and marks in either order.
        ("မြဝတီ", "မြ၀တီ"),
        ("ဝေး", "၀ေး"),
        ("ခွင့်", "ခွင\u103a\u1037"),
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


@pytest.mark.parametrize(("one", "other"), [("အခန်း၁၀", "အခန်း10"), ("၁၀ရပ်", "10ရပ်"), ("၀", "0")])
def test_burmese_zeros_beside_digits_stay_zeros(one, other):
    assert fold(one) == fold(other)


def test_a_shifter_that_is_not_drawn_as_u_is_none():
    assert fold("កុ") != fold("ក៉")


@pytest.mark.parametrize(
    ("text", "name", "is_whole"),
    [
        ("มีคนครั้งแรก", "นคร", False),
        ("ที่นครวันนี้", "นคร", True),
        ("นครา", "นคร", False),
        ("เนคร", "นคร", False),
        ("កំពតុះ", "កំពត", False),
        ("កំពត្រា", "កំពត", False),
        ("នៅកំពតថ្ងៃនេះ", "កំពត", True),
        ("ស្តា", "តា", False),
        ("黄金贝壳", "金贝", True),
        ("#BavetCasino", "bavet", True),
        ("#BavetCasino", "casino", True),
        ("#CôngViênĐènNổi", "viên", True),
        ("McDonald", "donald", False),
        ("bavetcasino", "bavet", False),
        ("BAVETCASINO", "bavet", False),
    ],
)
def test_a_name_ends_where_a_syllable_or_a_hump_does(text, name, is_whole):
    folded, key = FoldedText.of(text), fold(name)
    at = folded.text.index(key)
    assert folded.is_whole(at, at + len(key)) is is_whole


def test_what_is_written_as_one_sign_leads_back_to_both():
    text = "ที่ เเม่สอด ก\u17c1\u17b6ះ ดี"
    folded = FoldedText.of(text)
    for name in ("เเม่สอด", "ก\u17c1\u17b6ះ", "ดี"):
        at = folded.text.index(fold(name))
        start, end = folded.original_span(at, at + len(fold(name)))
        assert text[start:end] == name
        assert folded.is_whole(at, at + len(fold(name)))


MARKS = "ក\u17d2តដរ\u17c9\u17ca\u17b6\u17b8\u17bb\u17c1\u17c6ะเแน้ําก็ ၀၁ဝမ\u103a\u1037\u1039 Aab"


@given(st.text(alphabet=st.sampled_from(MARKS), max_size=40))
def test_the_way_back_holds_for_marks_in_any_order(text):
    folded = FoldedText.of(text)
    assert folded.text == fold(text)
    assert fold(folded.text) == folded.text
    assert len(folded.origins) == len(folded.ends_at) == len(folded.text)
    assert list(folded.origins) == sorted(folded.origins)
    assert all(start < end for start, end in zip(folded.origins, folded.ends_at, strict=True))
