"""Reference photographs of the demo sites: where each was taken from, and which named part it shows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from cases import Spot

SIZE = (1024, 768)
TAKEN_BY = "rendered by samples/generate.py"
LICENCE = "Apache-2.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One reference: the part that it shows, where the camera stood (metres from that part) and how it looked."""

    site: str
    part: str
    east_m: float
    north_m: float
    heading_deg: float
    focal_35mm: float = 32.0
    pitch_deg: float = 6.0
    local: dt.datetime = dt.datetime(2025, 8, 16, 10, 30)

    @property
    def at(self) -> Spot:
        """Where the camera stood."""
        return Spot(site=self.site, part=self.part, east_m=self.east_m, north_m=self.north_m)

    @property
    def name(self) -> str:
        """What tells it from the others."""
        return f"{self.site} {self.part} {self.east_m:g} {self.north_m:g} {self.heading_deg:g}"


VIEWS = (
    View(site="DM01", part="Block A", east_m=40.0, north_m=27.0, heading_deg=236.0),
    View(site="DM01", part="Block A", east_m=31.0, north_m=36.0, heading_deg=220.0),
    View(site="DM01", part="Main gate", east_m=-8.0, north_m=-24.0, heading_deg=24.0),
    View(site="DM02", part="South gate", east_m=-16.0, north_m=-24.0, heading_deg=16.0),
    View(site="DM02", part="Tower 2", east_m=26.0, north_m=32.0, heading_deg=226.0),
    View(site="DM02", part="Tower 2", east_m=32.0, north_m=27.0, heading_deg=236.0),
    View(site="DM05", part="Front gate", east_m=22.0, north_m=-24.0, heading_deg=318.0),
    View(site="DM05", part="Front gate", east_m=15.0, north_m=-28.0, heading_deg=326.0),
    View(site="DM05", part="Block South", east_m=30.0, north_m=-46.0, heading_deg=330.0),
    View(site="DM06", part="Office", east_m=-32.0, north_m=34.0, heading_deg=142.0),
    View(site="DM06", part="Dormitory 2", east_m=52.0, north_m=-32.0, heading_deg=292.0),
    View(site="DM07", part="Gate", east_m=-6.0, north_m=-36.0, heading_deg=8.0),
    View(site="DM07", part="Gate", east_m=7.0, north_m=-34.0, heading_deg=350.0),
)
