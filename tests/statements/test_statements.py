"""Statements beside footage, and the refusal of all that could tell who spoke."""

import datetime as dt

import msgspec
import pytest
from builders.case_rows import MORNING, dated, row
from builders.scenes import CENTRE, SETTINGS, offset, register, site

from geoverify.claims.places import Atlas
from geoverify.claims.rows import read_table
from geoverify.clocks import Zone
from geoverify.errors import UsageError
from geoverify.model import Clock
from geoverify.results import VerdictKind
from geoverify.statements.comparing import Agreement, Comparer
from geoverify.statements.personal_cells import find_personal, find_personal_in_files
from geoverify.statements.reading import read_statements
from geoverify.tally.counting import count_rows

ZONE = "Asia/Phnom_Penh"
SITES = register(site("A", time_zone=ZONE), site("B", offset(*CENTRE, 9_000.0, 0.0), time_zone=ZONE))
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def read(tmp_path):
    def call(text):
        path = tmp_path / "statements.csv"
        path.write_text(text, "utf-8")
        return read_statements(path, Atlas(SITES, SETTINGS))

    return call


@pytest.fixture
def compare(read):
    def call(text, *rows, **options):
        (statement,) = read(text)[0]
        return Comparer(count_rows(rows, **options), Atlas(SITES, SETTINGS)).compare(statement)

    return call


def names(found):
    return [item.file.removeprefix("/f/") for item in found]


# --- agreement ------------------------------------------------------------------------------------------------------------


def test_footage_of_the_place_and_time_agrees_and_copies_count_once(compare):
    rows = [row("a", "A", filmed=dated(), digest="d"), row("b", "A", filmed=dated(), digest="d"), row("c", "B", filmed=dated())]
    made = compare("id,site,from,to\nS-1,A,2026-01-17,2026-01-18\n", *rows)
    assert (made.agreement, made.agreeing_count, names(made.agreeing)) == (Agreement.AGREES, 1, ["a", "b"])


def test_footage_of_another_time_is_no_contradiction(compare):
    made = compare("id,site,from,to\nS-1,A,2025-03,2025-04\n", row("a", "A", filmed=dated()))
    assert made.agreement is Agreement.NO_FOOTAGE_OF_TIME
    assert "no footage of that time" in made.wording
    assert (names(made.other_times), made.contradicting) == (["a"], ())


def test_no_footage_of_the_place_says_nothing(compare):
    made = compare("id,site\nS-1,A\n", row("a", "B"), row("b"))
    assert made.agreement is Agreement.NO_FOOTAGE_OF_PLACE


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"filmed": dated(MORNING - 14 * HOUR, MORNING + 12 * HOUR, zone=Zone.UNKNOWN)}, "possible"),
        ({"filmed": dated(clock=Clock.FILENAME)}, "possible"),
        ({}, "undated"),
        ({"posted": dated(MORNING + HOUR)}, "undated"),
        # Posted before the stated time, so filmed before it.
        ({"posted": dated(MORNING - 90 * HOUR)}, "other_times"),
        ({"is_disputed": True}, "undated"),
    ],
)
def test_what_cannot_be_dated_within_the_stated_time_does_not_agree(compare, changes, part):
    made = compare("id,site,from,to\nS-1,A,2026-01-17 08:00+07:00,2026-01-17 10:00+07:00\n", row("a", "A", **changes))
    assert made.agreement is not Agreement.AGREES
    assert names(getattr(made, part)) == ["a"]


def test_ambiguous_footage_may_agree(compare):
    made = compare("id,site,at\nS-1,A,2026-01-17\n", row("a", "A", "B", filmed=dated()))
    assert (made.agreement, names(made.possible)) == (Agreement.MAY_AGREE, ["a"])
    assert "ambiguous between A / B" in made.possible[0].text


def test_footage_elsewhere_is_named_with_a_statement_by_its_url(compare):
    far = msgspec.structs.replace(row("a.mp4", "B"), path=b"s3://footage/2026/a.mp4")
    made = compare("id,site,files\nS-1,A,s3://footage/2026/a.mp4\n", far)
    assert made.agreement is Agreement.CONTRADICTED


def test_coordinates_agree_with_footage_located_there_and_at_no_listed_site(compare):
    there = {"lat_deg": CENTRE[0] + 0.5, "lon_deg": CENTRE[1], "error_radius_m": 10.0, "verdict": VerdictKind.INCONSISTENT}
    text = f'id,place\nS-1,"{CENTRE[0] + 0.5:.4f}, {CENTRE[1]:.4f}"\n'
    assert names(compare(text, row("a", **there), row("b", "A")).agreeing) == ["a"]


def test_only_footage_that_was_named_with_a_statement_contradicts_it(compare):
    rows = [row("a.mp4", "B", filmed=dated()), row("b.mp4", "B", filmed=dated())]
    made = compare("id,site,files\nS-1,A,a.mp4\n", *rows)
    assert (made.agreement, names(made.contradicting)) == (Agreement.CONTRADICTED, ["a.mp4"])
    late = compare("id,site,from,to,files\nS-1,B,2025-01,2025-02,a.mp4\n", *rows)
    assert "at another time" in late.contradicting[0].text
    lost = compare("id,site,files\nS-1,A,c.mp4\n", *rows)
    assert any("not in the case" in note for note in lost.notes)


def test_copies_that_are_located_elsewhere_leave_open_whether_it_agrees(compare):
    rows = [row("a", "A", digest="d1"), row("b", "B", digest="d2"), row("c", digest="d3", verdict=VerdictKind.INCONSISTENT)]
    for code, file in (("A", "a"), ("B", "b")):
        text = f"id,site,files\nS-1,{code},a;b;c\n"
        made = compare(text, *rows, doubles=[("d1", "d2", "d3")])
        assert (made.agreement, made.agreeing_count, names(made.possible)) == (Agreement.MAY_AGREE, 0, [file])
        assert "copies of this footage are located elsewhere" in made.possible[0].text
        assert compare(text, *rows).agreement is Agreement.CONTRADICTED


def test_what_dates_a_copy_dates_the_footage(compare):
    text = "id,site,at\nS-1,A,2026-01-17\n"
    early = row("b", digest="d2", posted=dated(MORNING - 900 * HOUR))
    pair = {"doubles": [("d1", "d2")]}
    made = compare(text, row("a", "A", digest="d1", filmed=dated()), early, **pair)
    assert (made.agreement, names(made.other_times)) == (Agreement.NO_FOOTAGE_OF_TIME, ["a"])
    assert "/f/b, a copy of this footage: posted" in made.other_times[0].text
    assert compare(text, row("a", "A", digest="d1", filmed=dated()), early).agreement is Agreement.AGREES
    made = compare(text, row("a", "A", digest="d1"), row("b", digest="d2", filmed=dated()), **pair)
    assert made.agreement is Agreement.AGREES
    named = row("b", digest="d2", filmed=dated(clock=Clock.FILENAME))
    assert compare(text, row("a", "A", digest="d1"), named, **pair).agreement is Agreement.MAY_AGREE


# --- who spoke ------------------------------------------------------------------------------------------------------------

PERSONAL = """
Name;name;NAME;Full Name;full_name;firstName;surname;witness name;Victim;nombre;Nom;nachname;họ tên;Имя;姓名;ឈ្មោះ;ชื่อ;အမည်;اسم;नाम
phone;Phone No.;mobile-number;WhatsApp;telefono;điện thoại;телефон;电话;ទូរស័ព្ទ;เบอร์โทรศัพท์
e-mail;Email address;contact_email;correo;邮箱;อีเมล;address;home address;adresse;địa chỉ;地址;អាសយដ្ឋាន;ที่อยู่
victims;survivors;witnesses;Interviewees;name2;name_2;phone1;firstname1;LINE;line_id;naam;imię;navn;όνομα;שם;n\u0430me;\u0440hone
证人;联系人;พยาน;เหยื่อ;សាក្សី;nhân chứng;testigo;témoin;свидетель;víctimas;opfer;saksi
passport;Passport number;hộ chiếu;护照;លិខិតឆ្លងដែន;หนังสือเดินทาง;dob;DOB;date of birth;birthday;age;生日;วันเกิด;gender;nationality
"""


@pytest.mark.parametrize("column", [name for line in PERSONAL.split("\n") for name in line.split(";") if name])
def test_columns_that_are_of_people_are_refused_even_if_empty(read, column):
    with pytest.raises(UsageError, match="looks like"):
        read(f"id,site,{column}\nS-1,A,\n")


@pytest.mark.parametrize(
    "column",
    [
        "place_name",
        "site_name",
        "file_name",
        "language",
        "page",
        "collected",
        "tension",
        "network",
        "images",
        "line number",
        "title",
        "lens",
    ],
)
def test_columns_that_are_of_no_people_are_not(read, column):
    statements, _ = read(f"id,at,{column}\nS-1,2026-01-17,A\n")
    assert [statement.id for statement in statements] == ["S-1"]


CELLS = [
    "write to sok@example.org",
    "sok (at) example.org",
    "@lantern_one",
    "+855 96 812 34 56",
    "0968123456",
    "(096) 812-3456",
    "០៩៦ ៨១២ ៣៤៥៦",
    "00855968123456",
    "13812345678",
    "０９６８１２３４５６",
    "call +85512345678.",
    "012 345 678.",
    "(855) 12 345 678",
    "138.1234.5678",
    "t.me/sokdara",
    "https://facebook.com/sok.dara",
]


@pytest.mark.parametrize("cell", CELLS)
def test_cells_that_look_like_a_way_to_reach_somebody_are_refused_and_not_repeated(read, cell):
    with pytest.raises(UsageError, match=r"line 2, column notes: looks like") as refused:
        read(f"id,site,notes\nS-1,A,{cell}\n")
    assert cell not in str(refused.value)
    assert refused.value.exit_code == 2


HARMLESS = [
    "11.0852, 106.1712",
    "2026-01-17 09:00+07:00",
    "01-02-2026",
    "S-2026-0117",
    "3 floors, 12 windows",
    "17/01/2026",
    "KA02",
    "48P XT 17860 24926",
    "48PXT1786024926",
    "0123456789012345678901234567890123456789012345678901234567890123",
    "it lies at 11.0852, 106.1712.",
    "rows 1.2.3 and 4",
]
FILES = [
    "0123456789012345678901234567890123456789012345678901234567890123",
    "1768630000123_2.mp4",
    "mmexport1768630000123(1).mp4",
    "photo_5231@17-01-2026_09-00-12.jpg",
    "Screenshot_2026-01-17-09-00-12-123_app.jpg; WhatsApp Image 2026-01-17 at 09.00.12.jpeg",
    "0a1b2c3d-0123-4567-8910-123456789012.jpg",
    "IMG-20260117-WA0012.jpg",
    "https://t.me/channel/1234",
]


@pytest.mark.parametrize("cell", HARMLESS)
def test_cells_that_are_times_places_or_numbers_are_not(cell):
    assert find_personal(cell) is None


@pytest.mark.parametrize("cell", FILES)
def test_names_and_digests_of_files_are_not(read, cell):
    assert read(f"id,at,files\nS-1,2026-01-17,{cell}\n")[0][0].files


@pytest.mark.parametrize(
    "cell",
    ["call_012 345 678.mp4", "+85512345678.mp4", "138-1234-5678.jpg", "(855) 12 345 678.mp4", "sok@example.org", "t.me/sok"],
)
def test_a_way_to_reach_somebody_is_refused_in_the_name_of_a_file_too(read, cell):
    assert find_personal_in_files(cell)
    with pytest.raises(UsageError, match="line 2, column files: looks like"):
        read(f"id,at,files\nS-1,2026-01-17,{cell}\n")


@pytest.mark.parametrize("name", ["Sok Dara", "Dara", "សុខ ដារ៉ា", "Sok-Dara-1", "SokDara1", "sok.dara.2", "សុខ-ដារ៉ា-1"])
def test_an_id_must_be_a_number_and_no_name(read, name):
    with pytest.raises(UsageError, match="column id: looks like a name") as refused:
        read(f"id,site\n{name},A\n")
    assert name not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("site,at\nA,2026-01-17\n", "no column id"),
        ("id,site\nS-1,A\nS-1,B\n", "line 3: an id that was used before"),
        ("id,site\nS-1,Dara\n", "line 2: no site has this code"),
        ("id,site,at\nS-1,A,Dara\n", "line 2: the time cannot be read"),
        ("id,site,from,to\nS-1,A,2026-02,2026-01\n", "ends before it begins"),
        ("id,site\nS-1,\n", "neither a site or place nor a time"),
        ("", "no table"),
        ("id,site\nS-1,A,more\n", "more cells than columns"),
        ("id,site,Site\nS-1,A,B\n", "two columns"),
    ],
)
def test_what_cannot_be_read_says_where_and_why(read, text, words):
    with pytest.raises(UsageError, match=words) as refused:
        read(text)
    assert "Dara" not in str(refused.value)


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        ("id,site,code", "site and code"),
        ("id,site,file,files", "file and files"),
        ("id,site,when,date", "when and date"),
        ("id,statement,site", "id and statement"),
    ],
)
def test_two_columns_of_one_meaning_are_refused(read, columns, shown):
    with pytest.raises(UsageError, match=f"the columns {shown} mean the same"):
        read(f"{columns}\n")


def test_a_date_and_a_time_are_one_time(read):
    ((statement, day), _) = read("id,site,date,time\nS-1,A,2026-01-17,09:00+07:00\nS-2,A,2026-01-17,\n")
    assert statement.span.start == MORNING
    assert (day.span.text, day.span.is_day) == ("2026-01-17", True)
    with pytest.raises(UsageError, match="line 2: the columns date and time") as refused:
        read("id,site,date,time\nS-1,A,2026-01-17,2026-01-18 09:00\n")
    assert "01-18" not in str(refused.value)


def test_an_id_with_a_word_is_told_but_not_repeated(read):
    _, told = read("id,site\nS-1,A\nDara-1,A\nSTATEMENT-2,A\nstatement-3,A\nINT/KPC-004,A\n")
    assert len(told) == 1 and "line 3: the id has a word in it" in told[0] and "Dara" not in told[0]


@pytest.mark.parametrize(
    ("place", "shown"),
    [("the room of Sok Dara", "unknown place in line 2"), ("behind A with Sok Dara", "unknown place in line 2"), ("A", "A")],
)
def test_a_place_is_called_by_the_register_and_not_by_the_statement(read, place, shown):
    (statement,) = read(f"id,place\nS-1,{place}\n")[0]
    assert statement.place.text == shown
    assert "Dara" not in statement.place.note


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_as_spreadsheets_write_them(tmp_path, encoding, delimiter):
    path = tmp_path / "table.csv"
    lines = (delimiter.join(cells) for cells in (("id", "place"), ("1", "Café")))
    path.write_bytes("\r\n".join(lines).encode(encoding))
    table = read_table(path)
    assert [dict(item.cells) for item in table.rows] == [{"id": "1", "place": "Café"}]
