"""Places and scenes in which every channel has something to say or nothing."""

import datetime as dt

from builders.scenes import CENTRE, camera, captured, claimed, fix, frame, gps_time, looking, offset, register, said, site
from builders.sightings import CHANCE, learned, sighting
from geoverify.places import SiteName

GATE = SiteName(text="Floating Gate")
PLACES = register(
    site("A", time_zone="Asia/Phnom_Penh", names=(GATE,), locality="Kampong Test"),
    site("B", offset(*CENTRE, 210, 0)),
    site("C", offset(*CENTRE, 9000, 0)),
)
NOON = dt.datetime(2026, 1, 17, 12, 0)
SCENES = {
    "nothing": (),
    "no place": (camera(),),
    "fix": (fix(0, 0),),
    "fix and view": (fix(0, 120), *looking(180)),
    "far": (fix(0, 0, at=(-40.0, -70.0)), *looking(10)),
    "pole": (fix(0, 0, at=(90.0, 0.0)), *looking(10)),
    "antipode": (fix(0, 0, at=(-CENTRE[0], CENTRE[1] - 180.0)),),
    "huge error": (fix(0, 0, 1e6),),
    "clocks": (fix(0, 0), captured(NOON, 420), gps_time(dt.datetime(2026, 1, 17, 5, 0, tzinfo=dt.UTC))),
    "words": (said("seen at A and at Kompong Test", field="title"), claimed(0, 0), fix(0, 300)),
    "words alone": (said("Floating Gate of Kampong Test, 2H4J+XW"), claimed(9000, 50)),
    "light": (fix(0, 0), captured(NOON, 420), frame(140.0), frame(20.0)),
    "light at the ends of time": (
        fix(0, 0, at=(90.0, 0.0)),
        captured(dt.datetime.max, 0),
        captured(dt.datetime.min, 0),
        frame(0.0),
    ),
    "light at the pole": (fix(0, 0, at=(90.0, 0.0)), captured(NOON, 0), frame(0.0)),
    "pictures": (sighting(), sighting(CHANCE, site_code="B"), sighting(site_code="unknown")),
    "learned features": (learned(), learned(site_code="B", places=5, part="Gate"), sighting(site_code="C")),
    "a fix and a picture": (fix(0, 0), sighting(site_code="C", mirrored=True, frame_count=24)),
    "oldest and newest dates": (fix(0, 0), captured(dt.datetime.min, 0), captured(dt.datetime.max, 0)),
}
