"""Google Takeout: the names that its exports give, and which of a picture's places and dates are whose."""

import datetime as dt

import pytest
from builders.sidecars import MEDIA, POSTED, as_json, observations_of, problems_of, put, takeout_photo, values_of

from geoverify.model import (
    Absent,
    CaptureTime,
    PlaceClaim,
    Position,
    Post,
    Reason,
    Software,
    TextSnippet,
    TimeMeaning,
    Who,
)
from geoverify.sidecars import read_sidecars

NOWHERE = {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0}
LONG = "Screenshot_20240117-110000_Some very long application name"


def read(folder, photo, media="IMG_1234.jpg", name="IMG_1234.jpg.json"):
    put(folder / name, as_json(photo))
    return read_sidecars(put(folder / media, MEDIA))


def test_the_cameras_fix_and_the_owners_place_are_kept_apart(tmp_path):
    result = read(tmp_path, takeout_photo())
    (position,) = values_of(result, Position)
    (claim,) = values_of(result, PlaceClaim)
    assert (position.lat_deg, position.lon_deg, position.alt_m) == (11.065412, 106.132933, 12.5)
    assert (claim.position.lat_deg, claim.position.lon_deg, claim.position.alt_m) == (11.07, 106.14, None)
    who = {type(item.value): item.provenance.who for item in observations_of(result) if not isinstance(item.value, TextSnippet)}
    assert who[Position] is Who.DEVICE
    assert who[PlaceClaim] is Who.UPLOADER
    assert who[Post] is Who.PLATFORM
    assert values_of(result, Software) == [Software(name="com.whatsapp")]
    assert [item.text for item in values_of(result, TextSnippet)] == ["IMG_1234.jpg", "By the river", "WhatsApp Images"]


def test_the_date_taken_is_the_owners_and_the_upload_the_platforms(tmp_path):
    result = read(tmp_path, takeout_photo())
    times = [(item.value.meaning, item.provenance.who) for item in observations_of(result) if isinstance(item.value, CaptureTime)]
    assert times == [(TimeMeaning.CAPTURED, Who.UPLOADER), (TimeMeaning.SAVED, Who.PLATFORM)]
    assert values_of(result, CaptureTime)[0].instant_utc == POSTED


def test_a_date_before_1970_is_read(tmp_path):
    result = read(tmp_path, takeout_photo(photoTakenTime={"timestamp": "-86400"}))
    assert values_of(result, CaptureTime)[0].instant_utc == dt.datetime(1969, 12, 31, tzinfo=dt.UTC)


def test_zeros_mean_that_there_is_none(tmp_path):
    result = read(tmp_path, takeout_photo(geoData=NOWHERE, geoDataExif=NOWHERE))
    assert values_of(result, Position) == values_of(result, PlaceClaim) == []
    assert [item.reason for item in result.findings if isinstance(item, Absent)] == [Reason.NOT_PRESENT] * 2


def test_two_equal_places_are_one_witness(tmp_path):
    photo = takeout_photo()
    result = read(tmp_path, {**photo, "geoData": photo["geoDataExif"]})
    assert values_of(result, PlaceClaim) == []
    (fix,) = [item for item in observations_of(result) if isinstance(item.value, Position)]
    assert fix.provenance.raw.endswith("geoData is the same")


def test_people_are_not_read(tmp_path):
    assert "Somebody Private" not in str(read(tmp_path, takeout_photo()).findings)


@pytest.mark.parametrize(
    ("media", "name", "title"),
    [
        ("IMG_1234.jpg", "IMG_1234.jpg.json", "IMG_1234.jpg"),
        ("IMG_1234.jpg", "IMG_1234.jpg.supplemental-metadata.json", "IMG_1234.jpg"),
        (
            "PXL_20240117_040000123.MP.jpg",
            "PXL_20240117_040000123.MP.jpg.supplemental-met.json",
            "PXL_20240117_040000123.MP.jpg",
        ),
        ("IMG_1234(1).jpg", "IMG_1234.jpg(1).json", "IMG_1234.jpg"),
        ("IMG_1234(1).jpg", "IMG_1234.jpg.supplemental-metadata(1).json", "IMG_1234.jpg"),
        ("IMG_1234(1).jpg", "IMG_1234(1).jpg.json", "IMG_1234(1).jpg"),
        ("IMG_1234-edited.jpg", "IMG_1234.jpg.json", "IMG_1234.jpg"),
        ("IMG_1234-bearbeitet.jpg", "IMG_1234.jpg.supplemental-metadata.json", "IMG_1234.jpg"),
        ("IMG_1234-edited(2).jpg", "IMG_1234.jpg(2).json", "IMG_1234.jpg"),
        ("IMG_1234.MOV", "IMG_1234.HEIC.json", "IMG_1234.HEIC"),
        ("IMG_1234.MP4", "IMG_1234.JPG.supplemental-metadata.json", "IMG_1234.JPG"),
        ("PXL_1.MP", "PXL_1.MP.jpg.json", "PXL_1.MP.jpg"),
        ("IMG_1234(3).MP4", "IMG_1234.HEIC(3).json", "IMG_1234.HEIC"),
        ("IMG_1234.jpg", "IMG_1234.json", "IMG_1234"),
        ("03.03.13 - 1.jpg", "03.03.13 - 1.json", "03.03.13 - 1"),
        (f"{LONG[:47]}.jpg", f"{LONG[:46]}.json", f"{LONG}.jpg"),
        (f"{LONG[:43]}.jpg", f"{LONG[:43]}.jp.json", f"{LONG[:43]}.jpg"),
        (f"{LONG[:41]}-edited.jpg", f"{LONG[:41]}.jpg..json", f"{LONG[:41]}.jpg"),
        (f"{LONG[:44]}-ed.jpg", f"{LONG[:44]}.j.json", f"{LONG[:44]}.jpg"),
        ("ក្រុង.jpg", "ក្រុង.jpg.supplemental-meta.json", "ក្រុង.jpg"),
        ("ក្រុង(2).jpg", "ក្រុង.jpg.supplem(2).json", "ក្រុង.jpg"),
        ("Bill_s photo.jpg", "Bill_s photo.jpg.json", "Bill's photo.jpg"),
    ],
)
def test_the_names_that_exports_give_pair(media, name, title, tmp_path):
    result = read(tmp_path, takeout_photo(title), media, name)
    assert problems_of(result) == []
    assert values_of(result, CaptureTime)


@pytest.mark.parametrize(
    ("media", "name", "title"),
    [("IMG_1234(1).jpg", "IMG_1234.jpg.json", "IMG_1234.jpg"), ("IMG_12345.jpg", "IMG_1234.jpg.json", "IMG_1234.jpg")],
)
def test_the_names_of_other_pictures_do_not(media, name, title, tmp_path):
    assert read(tmp_path, takeout_photo(title), media, name).findings == []


def test_a_title_of_another_picture_is_refused(tmp_path):
    result = read(tmp_path, takeout_photo("DSC_0001.jpg"))
    assert observations_of(result) == []
    assert [item.code for item in problems_of(result)] == ["sidecar-mismatch"]
    assert "DSC_0001.jpg" in problems_of(result)[0].message


def test_a_clip_takes_its_own_file_before_that_of_the_still(tmp_path):
    put(tmp_path / "IMG_1234.HEIC.json", as_json(takeout_photo("IMG_1234.HEIC", description="still")))
    result = read(tmp_path, takeout_photo("IMG_1234.MP4", description="clip"), "IMG_1234.MP4", "IMG_1234.MP4.json")
    assert [item.path for item in result.uses] == ["IMG_1234.MP4.json"]
