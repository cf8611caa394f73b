"""Words beside a place's name that name no other place: near, town, province, casino, in the languages of the registers."""

from __future__ import annotations

import re

from geoverify.words.folding import fold

# Nothing that denies, compares, gives a direction or names a street: after those the name is not the place that is meant.
_WORDS = """
    a an the in at near by of to area site compound casino resort hotel park zone city town village district commune county
    municipality province state region country kingdom republic
    à au en dans près de du la le ville province quartier pays el cerca ciudad provincia distrito pueblo em perto cidade
    in der bei nahe stadt provinz di dekat kota provinsi kabupaten kecamatan desa
    tỉnh thành phố huyện quận gần ở tại khu
    krong khet khaet srok khan phum changwat amphoe mueang ban muang sa malapit lungsod lalawigan
    в у возле около город г провинция район казино
"""
# Scripts without spaces between words: these stand right before or behind a name.
_PIECES = """
    ខេត្ត ក្រុង រាជធានី ស្រុក ខណ្ឌ ឃុំ សង្កាត់ ភូមិ នៅ ក្នុង ជិត កាស៊ីណូ
    จังหวัด อำเภอ เมือง ตำบล เขต นคร ใกล้ ที่ ใน คาสิโน
    ແຂວງ ເມືອງ ບ້ານ ນະຄອນ ໃກ້ ຢູ່ ໃນ ຄາສິໂນ
    မြို့ ခရိုင် ပြည်နယ် ရွာ အနီး တွင် မှာ ကာစီနို
    省 市 县 区 镇 村 在 位于 附近 园区 赌场 酒店
"""
_GENERIC = frozenset(fold(word) for word in _WORDS.split())
_GENERIC_PIECES = re.compile("|".join(sorted({fold(piece) for piece in _PIECES.split()}, key=len, reverse=True)))


def find_other_words(text: str) -> list[str]:
    """The words of a text that may name something, folded: all but the generic ones."""
    words = (
        _GENERIC_PIECES.sub("", fold(word))
        for word in re.split(r"[^\w\u0300-\u036f\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+", text)
    )
    return [word for word in words if word and word not in _GENERIC]
