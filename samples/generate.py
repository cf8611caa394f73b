"""Write the sample media anew: `python samples/generate.py [FOLDER]`; without a folder into samples/media.

Without a folder the demo register's reference photographs are drawn too, into reference_sites/demo.refs.

Scenes are rendered from the demo register, and their metadata is written by the builders of the tests. The same libraries give
the same bytes.
"""

# ruff: noqa: E402  (the builders lie in the folder of the tests, which has to be put on the path first)

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Every file of this folder is a row where the folder is matched: no caches here.
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "samples")]

import cv2
import numpy as np
import shapely
from builders.heif import Item, build_heif, exif_item
from builders.isobmff import box, with_metadata
from builders.jpeg import insert_exif_jpeg
from builders.png import insert_exif_png
from builders.tiff import build_exif, camera_tags, gps_tags, lens_tags, rational, short, time_tags, undefined
from cases import CLOCK_MINUTES, SAMPLES, Form, Sample, Spot
from facades import seed_of
from scenes import Camera, Image, render, turn
from social import SIZE as CLIP_SIZE
from social import write_social_clip
from town import build_town, find_sun, origin_of, stand_at
from views import LICENCE, TAKEN_BY, VIEWS
from views import SIZE as VIEW_SIZE

from geoverify import geo
from geoverify.places import Register
from geoverify.register.load import load_register
from geoverify.register.references import PHOTOS_NAME, Reference, references_folder, save_references, store_photo

MEDIA = ROOT / "samples" / "media"
PNG_SIZE = (400, 300)
FRAME_SIZE, FPS, SECONDS = (320, 240), 12, 2.0
# What phones name as their files' types: the major brand, then the compatible ones.
BRANDS = {".mov": (b"qt  ", b"qt  "), ".mp4": (b"mp42", b"isom", b"mp42"), ".3gp": (b"3gp4", b"isom", b"3gp4")}
SWEEP_DEG = 24.0
WEB_PAGE = """<!DOCTYPE html>
<html><head><title>Log in to see this post</title></head>
<body><p>This content is no longer available, or you have to log in to see it.</p></body></html>
"""


def locate(spot: Spot, register: Register) -> tuple[float, float]:
    """A spot's latitude and longitude."""
    if not spot.site:
        return spot.lat_deg, spot.lon_deg
    site = next(site for site in register.sites if site.code == spot.site)
    shape = next((part.geometry for part in site.parts if part.name == spot.part), site.footprint)
    middle = shapely.centroid(shape)
    row = geo.unproject_locally(np.array([[spot.east_m, spot.north_m]]), middle.y, middle.x)[0]
    return round(float(row[0]), 6), round(float(row[1]), 6)


def draw(sample: Sample, register: Register, focal_35mm: float, pitch_deg: float) -> tuple[Image, Camera]:
    """The picture of a sample's scene, with the camera that took it."""
    size = (sample.device.width_px, sample.device.height_px)
    camera = stand(sample.at, register, sample.heading_deg, pitch_deg, focal_35mm, size[::-1] if sample.is_upright else size)
    return shoot(camera, locate(sample.at, register), _utc(sample), register, seed_of(sample.name)), camera


def stand(
    spot: Spot, register: Register, heading_deg: float, pitch_deg: float, focal_35mm: float, size: tuple[int, int]
) -> Camera:
    """A camera at a spot."""
    east_m, north_m = stand_at(*locate(spot, register))
    return Camera(
        east_m=east_m,
        north_m=north_m,
        heading_deg=heading_deg,
        pitch_deg=pitch_deg,
        focal_35mm=focal_35mm,
        width_px=size[0],
        height_px=size[1],
    )


def shoot(camera: Camera, place: tuple[float, float], utc: dt.datetime, register: Register, seed: int) -> Image:
    """What a camera at a place (latitude, longitude) sees at a moment."""
    ground, patches = build_town(camera, origin_of(*place), register, find_sun(*place, utc))
    return render(camera, ground, patches, seed)


def write_sample(sample: Sample, register: Register) -> bytes:
    """A sample's bytes."""
    if sample.form is Form.WEB_PAGE:
        return WEB_PAGE.encode()
    if sample.form is Form.HEIC_WITHOUT_PICTURE:
        noise = np.random.default_rng(seed_of(sample.name)).bytes(2048)
        return build_heif(Item(b"hvc1", noise), exif_item(describe(sample, register)))
    if sample.form in (Form.MOVIE_XYZ, Form.MOVIE_APPLE, Form.MOVIE_BOTH, Form.MOVIE_LOCI, Form.CUT_MOVIE):
        return _write_movie(sample, register)
    if sample.form is Form.SOCIAL_CLIP:
        return write_social_clip(_follow(sample, register), sample.walk, seed_of(sample.name))
    picture, _ = draw(sample, register, sample.device.focal_35mm, sample.pitch_deg)
    if sample.form is Form.BARE_JPEG:
        return _encode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 68, cv2.IMWRITE_JPEG_PROGRESSIVE, 1])
    if sample.form is Form.BARE_WEBP:
        return _encode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, 60])
    exif = describe(sample, register)
    if sample.form is Form.PNG:
        # Without sensor noise, and small, for the sake of the repository.
        small = np.asarray(cv2.medianBlur(cv2.resize(picture, PNG_SIZE, interpolation=cv2.INTER_AREA), 3), np.uint8)
        return insert_exif_png(_encode(".png", small, [cv2.IMWRITE_PNG_COMPRESSION, 9]), exif)
    if sample.form is Form.AVIF:
        metadata = [np.frombuffer(exif, np.uint8)]
        quality = [cv2.IMWRITE_AVIF_QUALITY, 55, cv2.IMWRITE_AVIF_SPEED, 9]
        _, data = cv2.imencodeWithMetadata(".avif", picture, [cv2.IMAGE_METADATA_EXIF], metadata, quality)
        return bytes(data)
    if sample.is_upright:
        # Phones store the sensor's rows and say how to turn them.
        picture = np.rot90(picture)
    jpeg = _encode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 76])
    # Cameras write no JFIF segment (CIPA DC-008 §4.5.5).
    return insert_exif_jpeg(jpeg[:2] + jpeg[4 + int.from_bytes(jpeg[4:6]) :], exif)


def describe(sample: Sample, register: Register) -> bytes:
    """The EXIF block that the sample's device writes."""
    device = sample.device
    width_px, height_px = PNG_SIZE if sample.form is Form.PNG else (device.width_px, device.height_px)
    lat_deg, lon_deg = locate(sample.claimed or sample.at, register)
    gps = gps_tags(
        lat_deg,
        lon_deg,
        alt_m=6.5,
        heading_deg=sample.heading_deg if device.writes_heading else None,
        error_m=sample.error_m,
        when_utc=_utc(sample) - sample.fix_age,
    )
    if sample.step_deg is not None:
        steps = round(1 / sample.step_deg)
        gps[2], gps[4] = (rational((round(abs(value) * steps), steps), (0, 1), (0, 1)) for value in (lat_deg, lon_deg))
    if sample.method:
        gps[27] = undefined(b"ASCII\0\0\0" + sample.method.encode())
    return build_exif(
        ifd0=camera_tags(device.make, device.model, device.software, 6 if sample.is_upright else 1),
        exif=time_tags(sample.local, sample.offset_minutes if device.writes_offset else None)
        | lens_tags(device.focal_35mm, width_px, height_px)
        | {0x9000: undefined(b"0232"), 0xA001: short(1)},
        gps=gps,
        byte_order=device.byte_order,
    )


def _write_movie(sample: Sample, register: Register) -> bytes:
    movie = _encode_movie(sample, register)
    if sample.form is Form.CUT_MOVIE:
        # The movie box stands behind the media data here, as cameras write it.
        return movie[: round(0.7 * movie.index(b"moov"))]
    here, there = locate(sample.at, register), locate(sample.also_claimed or sample.at, register)
    created = _utc(sample)
    if sample.form is Form.MOVIE_LOCI:
        return with_metadata(movie, loci=here, creation_utc=created)
    if sample.form is Form.MOVIE_XYZ:
        return with_metadata(movie, xyz=_iso6709(*here, digits=4), keys={"com.android.version": "14"}, creation_utc=created)
    zone = dt.timezone(dt.timedelta(minutes=sample.offset_minutes))
    keys = {
        "com.apple.quicktime.location.accuracy.horizontal": f"{sample.error_m:.6f}",
        "com.apple.quicktime.location.ISO6709": _iso6709(*there, digits=4) + "+006.512/",
        "com.apple.quicktime.make": sample.device.make,
        "com.apple.quicktime.model": sample.device.model,
        "com.apple.quicktime.software": sample.device.software,
        "com.apple.quicktime.creationdate": f"{sample.local.replace(tzinfo=zone):%Y-%m-%dT%H:%M:%S%z}",
    }
    xyz = _iso6709(*here, digits=4) + "/" if sample.form is Form.MOVIE_BOTH else None
    return with_metadata(movie, xyz=xyz, keys=keys, creation_utc=created)


def _encode_movie(sample: Sample, register: Register) -> bytes:
    """A short sweep over the scene in the container that the name asks for."""
    wide, camera = draw(sample, register, 15.0, 0.0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"movie{Path(sample.name).suffix.lower()}")
        codec = cv2.VideoWriter.fourcc(*"mp4v")
        writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, codec, FPS, FRAME_SIZE)
        count = round(FPS * SECONDS)
        for number in range(count):
            by_deg = SWEEP_DEG * (number / (count - 1) - 0.5)
            writer.write(turn(wide, camera, by_deg, FRAME_SIZE, sample.device.focal_35mm))
        writer.release()
        return _rebrand(path.read_bytes(), *BRANDS[path.suffix])


def _follow(sample: Sample, register: Register) -> Callable[[float, float, float], Image]:
    """What a phone sees at a share of its walk, shaken by degrees to the right and up."""
    place, utc = locate(sample.at, register), _utc(sample)
    # All frames are seen from one place of the world, whatever the walk.
    begin = stand(sample.at, register, sample.heading_deg, sample.pitch_deg, sample.device.focal_35mm, CLIP_SIZE)

    def see(share: float, right_deg: float, up_deg: float) -> Image:
        camera = replace(
            begin,
            east_m=begin.east_m + share * sample.walk.east_m,
            north_m=begin.north_m + share * sample.walk.north_m,
            heading_deg=begin.heading_deg + share * sample.walk.turn_deg + right_deg,
            pitch_deg=begin.pitch_deg + up_deg,
        )
        return shoot(camera, place, utc, register, seed_of(sample.name, share))

    return see


def write_references(register: Register, folder: Path) -> None:
    """Draw the demo register's reference photographs into its folder of references, with their records."""
    register_path = folder / "demo.geojson"
    shutil.rmtree(references_folder(register_path) / PHOTOS_NAME, ignore_errors=True)
    references = []
    for view in VIEWS:
        lat_deg, lon_deg = locate(view.at, register)
        camera = stand(view.at, register, view.heading_deg, view.pitch_deg, view.focal_35mm, VIEW_SIZE)
        utc = (view.local - dt.timedelta(minutes=CLOCK_MINUTES)).replace(tzinfo=dt.UTC)
        picture = shoot(camera, (lat_deg, lon_deg), utc, register, seed_of(view.name))
        data = _encode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])
        reference = Reference(
            site_code=view.site,
            digest=hashlib.sha256(data).hexdigest(),
            media_type="image/jpeg",
            width_px=VIEW_SIZE[0],
            height_px=VIEW_SIZE[1],
            part=view.part,
            lat_deg=lat_deg,
            lon_deg=lon_deg,
            heading_deg=view.heading_deg,
            taken=f"{view.local:%Y-%m-%d}",
            by=TAKEN_BY,
            source="invented",
            licence=LICENCE,
        )
        store_photo(register_path, iter([data]), reference.digest, reference.media_type)
        references.append(reference)
        print(f"{len(data):>9,} bytes  {reference.file_name[:16]}…: reference of {view.site} {view.part}")
    save_references(register_path, references)


def _rebrand(movie: bytes, major: bytes, *compatible: bytes) -> bytes:
    """The movie with a device's type box; an empty box takes up the room that is left before the media data."""
    room = int.from_bytes(movie[:4])
    room += int.from_bytes(movie[room : room + 4])
    head = box(b"ftyp", major, bytes(4), *compatible)
    return head + box(b"free" if len(compatible) > 1 else b"wide", bytes(room - len(head) - 8)) + movie[room:]


def _iso6709(lat_deg: float, lon_deg: float, digits: int) -> str:
    return f"{lat_deg:+0{digits + 4}.{digits}f}{lon_deg:+0{digits + 5}.{digits}f}"


def _utc(sample: Sample) -> dt.datetime:
    return (sample.local - dt.timedelta(minutes=sample.offset_minutes)).replace(tzinfo=dt.UTC)


def _encode(suffix: str, picture: Image, options: Sequence[int]) -> bytes:
    _, data = cv2.imencode(suffix, picture, options)
    return bytes(data)


def main(folder: Path) -> None:
    """Write every sample into a folder."""
    cv2.setNumThreads(1)
    register = load_register(ROOT / "reference_sites" / "demo.geojson")
    folder.mkdir(parents=True, exist_ok=True)
    for sample in SAMPLES:
        data = write_sample(sample, register)
        Path(folder, sample.name).write_bytes(data)
        print(f"{len(data):>9,} bytes  {sample.name}: {sample.stands_for}")
    if folder == MEDIA:
        write_references(register, ROOT / "reference_sites")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else MEDIA)
