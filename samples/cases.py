"""The samples: where each was shot, with what, and what became of its metadata."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum

CLOCK_MINUTES = 7 * 60


class Form(StrEnum):
    """What a sample is written as."""

    JPEG = "jpeg"
    BARE_JPEG = "bare jpeg"
    BARE_WEBP = "bare webp"
    PNG = "png"
    AVIF = "avif"
    HEIC_WITHOUT_PICTURE = "heic without picture"
    MOVIE_XYZ = "movie with ©xyz"
    MOVIE_APPLE = "movie with Apple keys"
    MOVIE_BOTH = "movie with ©xyz and Apple keys"
    MOVIE_LOCI = "movie with loci"
    CUT_MOVIE = "movie that was cut off"
    WEB_PAGE = "web page"
    SOCIAL_CLIP = "video from a platform"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What a device writes about itself and its fixes."""

    make: str
    model: str
    software: str
    focal_35mm: int
    width_px: int = 800
    height_px: int = 600
    byte_order: str = "<"
    writes_heading: bool = False
    writes_offset: bool = True


IPHONE = Device(
    make="Apple",
    model="iPhone 13",
    software="18.6.2",
    focal_35mm=26,
    width_px=960,
    height_px=720,
    byte_order=">",
    writes_heading=True,
)
PIXEL = Device(make="Google", model="Pixel 7", software="HDR+ 1.0.641377609zd", focal_35mm=24, writes_heading=True)
GALAXY = Device(make="samsung", model="SM-A546B", software="A546BXXSCDYH1", focal_35mm=25)
NIKON = Device(make="NIKON CORPORATION", model="NIKON D5300", software="Ver.1.02", focal_35mm=28, writes_offset=False)
LUMIX = Device(make="Panasonic", model="DC-TZ95", software="Ver.1.3", focal_35mm=24, writes_offset=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place: metres east and north of a named part of a demo site or of a site's footprint, or a position of its own."""

    site: str = ""
    part: str = ""
    east_m: float = 0.0
    north_m: float = 0.0
    lat_deg: float = 0.0
    lon_deg: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """How a camera moves through a clip, from its spot and heading by so much, and what the platform made of the frames."""

    east_m: float = 0.0
    north_m: float = 0.0
    turn_deg: float = 0.0
    # The same seed is the same logo and caption.
    overlay_seed: int = 1
    has_logo: bool = True
    has_blurred_sides: bool = False
    is_mirrored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A file: what it stands for, where and when it was really shot, and what it says of that.

    `heading_deg` and `pitch_deg` are the camera's own. `error_m` and `method` are what the device says of its fix, `fix_age` is
    how much older the fix is than the picture, and `step_deg` what its coordinates are rounded to. `claimed` is the position that
    the file states where that is not where it was shot, and `also_claimed` the one that its second field states.
    """

    name: str
    stands_for: str
    form: Form = Form.JPEG
    device: Device = IPHONE
    at: Spot = field(default_factory=Spot)
    heading_deg: float = 0.0
    pitch_deg: float = 3.0
    local: dt.datetime = dt.datetime(2025, 10, 3, 11, 0)
    error_m: float | None = None
    method: str = ""
    claimed: Spot | None = None
    also_claimed: Spot | None = None
    fix_age: dt.timedelta = dt.timedelta(seconds=1)
    step_deg: float | None = None
    is_upright: bool = False
    offset_minutes: int = CLOCK_MINUTES
    walk: Walk = field(default_factory=Walk)


def _on(day: int, hour: int, minute: int, second: int, month: int = 10, year: int = 2025) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, second)


ROADSIDE = Spot(site="DM07", part="Gate", east_m=-4.0, north_m=-40.0)

SAMPLES = (
    Sample(
        name="IMG_4127.JPG",
        stands_for="a phone's picture from inside a compound, with everything that a phone writes",
        at=Spot(site="DM01", part="Block A", east_m=37.0, north_m=31.0),
        heading_deg=228.0,
        local=_on(3, 11, 12, 44),
        error_m=4.7,
    ),
    Sample(
        name="PXL_20251003_085208417.jpg",
        stands_for="from across the road, looking at the compound",
        device=PIXEL,
        at=ROADSIDE,
        heading_deg=7.0,
        local=_on(3, 15, 52, 8),
    ),
    Sample(
        name="IMG_4129.JPG",
        stands_for="from the same place across the road, looking away",
        at=ROADSIDE,
        heading_deg=187.0,
        local=_on(3, 15, 53, 31),
        error_m=6.2,
    ),
    Sample(
        name="20251005_091530.jpg",
        stands_for="a street 2 km from the nearest listed site",
        device=GALAXY,
        at=Spot(site="DM04", east_m=1290.0, north_m=-1750.0),
        heading_deg=20.0,
        local=_on(5, 9, 15, 30),
    ),
    Sample(
        name="IMG_4131.JPG",
        stands_for="between two compounds that stand 60 m apart, with an error of 15 m",
        at=Spot(site="DM01", part="East gate", east_m=30.0, north_m=-32.0),
        heading_deg=352.0,
        local=_on(5, 16, 40, 2),
        error_m=15.0,
        is_upright=True,
    ),
    Sample(
        name="photo_2025-10-06_18-22-41.jpg",
        stands_for="a picture from a messenger that strips all metadata",
        form=Form.BARE_JPEG,
        device=GALAXY,
        at=Spot(site="DM02", part="South gate", east_m=-14.0, north_m=-26.0),
        heading_deg=20.0,
        local=_on(6, 16, 22, 41),
    ),
    Sample(
        name="received_840217735519230.webp",
        stands_for="a WebP picture from a social network, without metadata",
        form=Form.BARE_WEBP,
        device=GALAXY,
        at=Spot(site="DM05", part="Front gate", east_m=20.0, north_m=-28.0),
        heading_deg=322.0,
        local=_on(6, 9, 5, 0),
    ),
    Sample(
        name="IMG_4138.MOV",
        stands_for="a video whose two location fields lie 7 km apart",
        form=Form.MOVIE_BOTH,
        at=Spot(site="DM06", part="Office", east_m=-32.0, north_m=38.0),
        heading_deg=140.0,
        local=_on(7, 10, 31, 17),
        error_m=5.0,
        also_claimed=Spot(site="DM05", part="Block South", east_m=60.0, north_m=30.0),
    ),
    Sample(
        name="DSC_0412.JPG",
        stands_for="the southern and western hemisphere",
        device=NIKON,
        at=Spot(lat_deg=-33.45, lon_deg=-70.66),
        heading_deg=32.0,
        local=_on(2, 11, 20, 9),
        offset_minutes=-3 * 60,
    ),
    Sample(
        name="P1040077.JPG",
        stands_for="the southern and eastern hemisphere",
        device=LUMIX,
        at=Spot(lat_deg=-12.6012, lon_deg=131.3046),
        heading_deg=300.0,
        local=_on(2, 14, 5, 51),
        offset_minutes=9 * 60 + 30,
    ),
    Sample(
        name="VID_20251008_080259.mp4",
        stands_for="an Android video with ©xyz from inside a compound",
        form=Form.MOVIE_XYZ,
        device=PIXEL,
        at=Spot(site="DM02", part="Tower 2", east_m=28.0, north_m=30.0),
        heading_deg=238.0,
        local=_on(8, 8, 2, 59),
    ),
    Sample(
        name="IMG_3310.MOV",
        stands_for="an iPhone video with Apple's location keys, shot in a compound that has closed since",
        form=Form.MOVIE_APPLE,
        at=Spot(site="DM03", part="Block 2", east_m=48.0, north_m=-38.0),
        heading_deg=318.0,
        local=_on(3, 16, 44, 55, month=12, year=2024),
        error_m=5.9,
    ),
    Sample(
        name="MOV_0023.3gp",
        stands_for="an old phone's video with a 3GPP location, in the second plot of a compound",
        form=Form.MOVIE_LOCI,
        device=GALAXY,
        at=Spot(site="DM05", part="Annex hall", east_m=36.0, north_m=-26.0),
        heading_deg=300.0,
        local=_on(8, 13, 14, 15),
    ),
    Sample(
        name="IMG_0021.PNG",
        stands_for="a court that a compound surrounds but that is not part of it, in a PNG",
        form=Form.PNG,
        at=Spot(site="DM05", part="Inner court wall"),
        heading_deg=8.0,
        pitch_deg=6.0,
        local=_on(8, 15, 45, 0),
        error_m=4.8,
    ),
    Sample(
        name="IMG_20251009_074109.avif",
        stands_for="an AVIF picture from inside a compound",
        form=Form.AVIF,
        device=GALAXY,
        at=Spot(site="DM06", part="Dormitory 2", east_m=58.0, north_m=-34.0),
        heading_deg=286.0,
        local=_on(9, 7, 41, 9),
    ),
    Sample(
        name="IMG_4144.HEIC",
        stands_for="a HEIC file whose picture cannot be decoded here, but whose metadata can be read",
        form=Form.HEIC_WITHOUT_PICTURE,
        at=Spot(site="DM04", part="Round hall", east_m=-66.0, north_m=60.0),
        heading_deg=130.0,
        local=_on(9, 12, 0, 33),
        error_m=8.0,
    ),
    Sample(
        name="WhatsApp Video 2025-10-09 at 19.22.10.mp4",
        stands_for="a download that broke off: a video without its movie box",
        form=Form.CUT_MOVIE,
        device=GALAXY,
        at=Spot(site="DM07", part="Gate", east_m=10.0, north_m=-30.0),
        heading_deg=350.0,
        local=_on(9, 17, 22, 10),
    ),
    Sample(
        name="IMG-20251010-WA0004.jpg",
        stands_for="a web page that was saved under a picture's name",
        form=Form.WEB_PAGE,
    ),
    Sample(
        name="IMG_20251010_163311.jpg",
        stands_for="a position from a mobile phone mast, with an error of 1.2 km",
        device=GALAXY,
        at=Spot(site="DM03", part="Car park gate", east_m=20.0, north_m=-22.0),
        heading_deg=306.0,
        local=_on(10, 16, 33, 11),
        error_m=1200.0,
        method="CELLID",
        claimed=Spot(site="DM03", east_m=420.0, north_m=-510.0),
    ),
    Sample(
        name="image0.jpeg",
        stands_for="a position that an app rounded to three decimals, about 100 m",
        device=PIXEL,
        at=Spot(site="DM02", part="Blue canopy", east_m=-26.0, north_m=-30.0),
        heading_deg=40.0,
        local=_on(11, 9, 48, 0),
        step_deg=0.001,
    ),
    Sample(
        name="20251011_142730.jpg",
        stands_for="60 m from a site that the register knows as a point only",
        device=GALAXY,
        at=Spot(site="DM08", east_m=45.0, north_m=40.0),
        heading_deg=250.0,
        local=_on(11, 14, 27, 30),
    ),
    Sample(
        name="DCIM0007.JPG",
        stands_for="a fix two and a half hours older than the picture",
        at=Spot(site="DM06", part="Gate 1", east_m=22.0, north_m=-14.0),
        heading_deg=125.0,
        local=_on(12, 10, 2, 40),
        error_m=9.0,
        fix_age=dt.timedelta(hours=2, minutes=30),
    ),
    Sample(
        name="IMG_20251012_101500.jpg",
        stands_for="a phone without a fix that wrote latitude 0, longitude 0",
        device=GALAXY,
        at=Spot(site="DM03", part="Whale statue", east_m=10.0, north_m=24.0),
        heading_deg=195.0,
        local=_on(12, 10, 15, 0),
        claimed=Spot(),
    ),
    Sample(
        name="VID-20251013-WA0002.mp4",
        stands_for="a stripped video with a channel's logo and caption: a walk past a block of a listed compound",
        form=Form.SOCIAL_CLIP,
        device=GALAXY,
        at=Spot(site="DM01", part="Block A", east_m=43.0, north_m=30.0),
        heading_deg=230.0,
        pitch_deg=6.0,
        local=_on(13, 10, 5, 0),
        walk=Walk(east_m=-8.0, north_m=5.0, turn_deg=-6.0),
    ),
    Sample(
        name="snaptik_7559210384412.mp4",
        stands_for="a stripped video, mirrored and set between blurred sides, of a compound's front gate",
        form=Form.SOCIAL_CLIP,
        device=GALAXY,
        at=Spot(site="DM05", part="Front gate", east_m=24.0, north_m=-25.0),
        heading_deg=316.0,
        pitch_deg=6.0,
        local=_on(13, 15, 20, 0),
        walk=Walk(
            east_m=-15.0, north_m=6.0, turn_deg=16.0, overlay_seed=5, has_logo=False, has_blurred_sides=True, is_mirrored=True
        ),
    ),
    Sample(
        name="VID-20251014-WA0005.mp4",
        stands_for="a stripped video of a street elsewhere, under the same logo and caption as another video",
        form=Form.SOCIAL_CLIP,
        device=GALAXY,
        at=Spot(site="DM04", east_m=1290.0, north_m=-1750.0),
        heading_deg=20.0,
        local=_on(14, 9, 15, 0),
        walk=Walk(east_m=4.0, north_m=9.0, turn_deg=8.0),
    ),
)
