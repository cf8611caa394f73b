"""Refuses what could tell who spoke: columns named for people and their data, and cells that look like it.

A refusal says where and why, and never repeats the cell.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from geoverify.claims.rows import Table, fold_column
from geoverify.errors import UsageError
from geoverify.text import escape_controls
from geoverify.words.folding import fold

_ADVICE = "remove it, keep who spoke in a file of its own, and give the statement a number"
# Words of column names by what they are of; a column is refused that has one of them as a word of its own.
_WORDS = {
    "a name": """
        name names surname forename firstname lastname fullname nickname initials victim survivor witness person interviewee
        nombre apellido apellidos nom prenom nome cognome sobrenome vorname nachname nama имя фамилия отчество фио
        ten hoten hovaten isim soyad jina""",
    "a telephone number or an account": """
        phone phones telephone tel mobile cell cellphone handy whatsapp telegram wechat zalo signal viber contact contacts
        username handle facebook instagram telefono telefon telefone portable movil celular телефон мобильный
        sdt dienthoai sodienthoai telepon""",
    "an e-mail address": "email emails mail correo courriel почта thudientu surel",
    "an address": """
        address addresses addr street home residence hometown direccion domicilio adresse endereco indirizzo адрес diachi
        alamat""",
    "an identity document": """
        passport passports visa ssn nationalid idcard idnumber nid pasaporte passeport passaporte reisepass паспорт
        hochieu cccd cmnd paspor ktp dni""",
    "a date of birth or another trait of a person": """
        dob birth birthday birthdate dateofbirth age gender sex nationality ethnicity religion nacimiento naissance
        nascimento geburtsdatum geburtstag рождения возраст ngaysinh namsinh tuoi quoctich lahir umur""",
}
# Scripts without spaces between words, and some others: these are looked for anywhere in a column's name.
_PIECES = {
    "a name": "ឈ្មោះ នាម ชื่อ นามสกุล 姓名 名字 姓 ຊື່ ນາມສະກຸນ အမည် နာမည် 氏名 名前 이름 성명 اسم الاسم نام नाम",
    "a telephone number or an account": """
        ទូរស័ព្ទ លេខទូរស័ព្ទ โทรศัพท์ เบอร์โทร 电话 電話 手机 手機 微信 ໂທລະສັບ ဖုန်း 携帯 전화 هاتف جوال फोन""",
    "an e-mail address": "អ៊ីមែល อีเมล 邮箱 郵箱 邮件 電子郵件 ອີເມວ အီးမေးလ် メール 이메일 بريد ईमेल",
    "an address": "អាសយដ្ឋាន ที่อยู่ 地址 住址 ທີ່ຢູ່ လိပ်စာ 住所 주소 عنوان पता",
    "an identity document": """
        លិខិតឆ្លងដែន អត្តសញ្ញាណប័ណ្ណ หนังสือเดินทาง พาสปอร์ต บัตรประชาชน 护照 護照 身份证 身份證
        ໜັງສືຜ່ານແດນ ပတ်စပို့ パスポート 여권 جواز पासपोर्ट""",
    "a date of birth or another trait of a person": """
        ថ្ងៃខែឆ្នាំកំណើត អាយុ วันเกิด อายุ สัญชาติ 出生 生日 年龄 年齡 国籍 國籍 ວັນເກີດ မွေးနေ့
        生年月日 생년월일 ميلاد العمر जन्म आयु""",
}
_BY_WORD = {fold(word): what for what, words in _WORDS.items() for word in words.split()}
_BY_PIECE = {fold(piece): what for what, pieces in _PIECES.items() for piece in pieces.split()}
_EMAIL = re.compile(r"[^\s@]{1,64}\s?(?:@|\(at\)|\[at\])\s?[^\s@]{1,190}\.[^\W\d_]{2,24}", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w@])@\w{3,32}")
# With a plus, two noughts or a nought before it, or as Chinese mobile numbers begin; 8 to 15 digits (ITU-T E.164) in groups.
_PHONE = re.compile(r"(?<![\d.])(?:(?:\+|00)\s?\d|\(?0\d|1[3-9]\d)(?:[\s().\-/]{0,2}\d){6,13}(?![\d.])", re.ASCII)
_DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}(?:[T ]\d{1,2}:\d{2}(?::\d{2})?)?(?:\s?(?:Z|[+-]\d{2}:?\d{2}))?", re.ASCII)
_DECIMALS = re.compile(r"[+-]?\d{1,3}\.\d{1,12}", re.ASCII)
_HARMLESS_WORDS = frozenset({"id", "int", "interview", "no", "nr", "ref", "report", "st", "statement", "stmt", "testimony"})
_SHOWN_LINES = 8
_IDENTIFIER = re.compile(r"[\w.\-/#]{1,40}")


def refuse_personal(table: Table, known: Iterable[str], times: Iterable[str], identifier: str) -> None:
    """Raise `UsageError` for the first column or cell that could tell who spoke.

    `known` are the folded names of columns that are read and so are no names of people, `times` those whose cells are read as
    times; `identifier` is the column of the statements' own numbers, whose cells must be numbers and no words.
    """
    harmless = set(known)
    for column in table.columns:
        what = None if fold_column(column) in harmless else _find_column(column)
        if what is not None:
            raise UsageError(f"{table.shown}: the column {escape_controls(column)} looks like {what}: {_ADVICE}")
    unscanned = set(times)
    for row in table.rows:
        for name, cell in row.cells.items():
            what = None if name in unscanned else find_personal(cell)
            if what is None and name == identifier and not _is_number(cell):
                what = "a name, since it has a space, no digit or more than one word"
            if what is not None:
                where = f"{table.shown}, line {row.line}, column {escape_controls(name)}"
                raise UsageError(f"{where}: looks like {what}: {_ADVICE}")


def find_personal(cell: str) -> str | None:
    """What a cell looks like that could tell who spoke; `None` for none of it."""
    text = "".join(str(unicodedata.digit(char, char)) for char in unicodedata.normalize("NFKC", cell))
    if _EMAIL.search(text) or _HANDLE.search(text):
        return "an e-mail address or the name of an account"
    plain = _DECIMALS.sub(" ; ", _DATE.sub(" ; ", text))
    return "a telephone number" if _PHONE.search(plain) else None


def _find_column(column: str) -> str | None:
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column)
    words = [fold(word) for word in re.split(r"[^\w]|_", parted) if word]
    for word in (*words, "".join(words)):
        what = _BY_WORD.get(word)
        if what is not None:
            return what
        if word.endswith(("name", "email", "phone", "passport")) and len(word) > 4:
            return "a name or other data of a person"
    # The signs over letters are no word characters: pieces are looked for in the whole name.
    whole = fold(column)
    return next((what for piece, what in _BY_PIECE.items() if piece in whole), None)


def warn_of_names(table: Table, identifier: str) -> str | None:
    """What to say of identifiers that hold a word, which may be somebody's name; `None` where none does."""
    lines = [str(row.line) for row in table.rows if len(_find_words(row.cells.get(identifier, ""))) == 1]
    if not lines:
        return None
    more = f" and {len(lines) - _SHOWN_LINES} more" if len(lines) > _SHOWN_LINES else ""
    shown = ", ".join(lines[:_SHOWN_LINES])
    return f"{table.shown}, line {shown}{more}: the id has a word in it; if that is somebody's name, give the statement a number"


def _is_number(cell: str) -> bool:
    return bool(_IDENTIFIER.fullmatch(cell)) and any(char.isdigit() for char in cell) and len(_find_words(cell)) <= 1


def _find_words(cell: str) -> list[str]:
    """Runs of letters that are no code: with small letters, or of a script that has none, and of no word for a statement."""
    runs = re.findall(r"[^\W\d_]{2,}", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", cell))
    return [run for run in runs if not run.isupper() and run.casefold() not in _HARMLESS_WORDS]
