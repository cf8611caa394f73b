"""Names of columns that are of people and their data, in many languages."""

from __future__ import annotations

import re

from geoverify.words.folding import fold

# Words of column names by what they are of; a column is refused that has one of them as a word of its own.
_WORDS = {
    "a name": """
        name names surname forename firstname lastname fullname nickname initials victim survivor witness witnesses person people
        interviewee informant complainant respondent speaker
        nombre apellido apellidos nom prenom nome cognome sobrenome vorname nachname nama имя фамилия отчество фио
        ten hoten hovaten isim soyad jina naam voornaam achternaam imie nazwisko navn fornavn etternavn namn ονομα επωνυμο
        testigo victima sobreviviente temoin victime survivant temoigne zeuge zeugin opfer testimone vittima testemunha vitima
        getuige slachtoffer swiadek ofiara vitne saksi korban tanik nhanchung nannhan свидетель свидетели жертва
        пострадавший пострадавшие потерпевший потерпевшие""",
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
    "a name": """
        ឈ្មោះ នាម ชื่อ นามสกุล 姓名 名字 姓 ຊື່ ນາມສະກຸນ အမည် နာမည် 氏名 名前 이름 성명 اسم الاسم نام नाम שם
        សាក្សី ជនរងគ្រោះ พยาน เหยื่อ ผู้เสียหาย ผู้รอดชีวิต 证人 受害者 受害人 被害人 幸存者 目击者 受访者 当事人 联系人 証人 目撃者 被害者
        ພະຍານ သက်သေ 증인 피해자 شاهد ضحية गवाह पीड़ित""",
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
# The messenger; a column called line among others may count lines.
_WHOLE = frozenset(("line", "lineid", "lineaccount", "lineuser"))
# Letters of other scripts that look like Latin ones (from Unicode TR 39, those that words of the list can be written with).
_LOOKALIKES = str.maketrans("асеіјкмнорѕтухвгԁһԛԝαεηικνορτυχѵ", "aceijkmhopstyxbrdhqwaenikvoptuxv")


def find_personal_column(column: str) -> str | None:
    """What a column's name looks like that is of people; `None` for none of it. Plurals and numbers behind it change nothing."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column)
    words = [fold(word) for word in re.split(r"[^\w]|_", parted) if word]
    whole = "".join(words).rstrip("0123456789")
    if whole.translate(_LOOKALIKES) in _WHOLE:
        return "a telephone number or an account"
    for word in (*words, whole):
        for form in _forms_of(word):
            what = _BY_WORD.get(form)
            if what is not None:
                return what
            if form.endswith(("name", "email", "phone", "passport")) and len(form) > 4:
                return "a name or other data of a person"
    # The signs over letters are no word characters: pieces are looked for in the whole name.
    text = fold(column)
    return next((what for piece, what in _BY_PIECE.items() if piece in text), None)


def _forms_of(word: str) -> list[str]:
    bare = word.rstrip("0123456789")
    forms = [bare, bare.translate(_LOOKALIKES)]
    return [*forms, *(form.removesuffix(ending) for form in forms for ending in ("s", "es") if form.endswith(ending))]
