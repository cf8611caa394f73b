"""Every threshold and model parameter: its unit in its name, its source in its comment."""

from __future__ import annotations

import hashlib

import msgspec
from msgspec import Struct

from geoverify.model import Digest, FixCaveat, Who


class Settings(Struct, frozen=True, kw_only=True):
    """The parameters of one run; the report prints them all.

    Each says where it is from: a source, a benchmark, "assumed" (no data supports it yet), or "chosen" (a matter of cost).
    """

    # --- who could have written it: the rate at which a value of that origin is forged, stale or mistaken -------------------
    # assumed; phones log a stale fix in a few per cent of pictures taken indoors, and EXIF can be edited by anybody.
    device_error_rate: float = 0.02
    # assumed; an editor's value may be a copy of the device's or typed by hand.
    editor_error_rate: float = 0.05
    # assumed; platforms copy what the uploader picked from a list.
    platform_error_rate: float = 0.10
    # assumed; captions repeat rumours.
    uploader_error_rate: float = 0.25
    # assumed; who saves a file from elsewhere may name the wrong place in good faith.
    downloader_error_rate: float = 0.25
    # assumed; at least this, whoever is named, for what stands in a file beside the footage: any hand may have put it there.
    sidecar_error_rate: float = 0.10
    # assumed; a trained person who looked.
    analyst_error_rate: float = 0.05

    # --- position --------------------------------------------------------------------------------------------------------
    # assumed; share of a site's footage that is shot from inside its footprint.
    inside_share: float = 0.70
    # assumed; scale of the exponential fall-off of camera distance outside a footprint: across a road, over a wall.
    outside_scale_m: float = 50.0
    # assumed; a phone that states no error: van Diggelen & Enge 2015 give 4.9 m (68 %) under open sky, buildings double it.
    default_horizontal_error_m: float = 15.0
    # A fix cannot be better than this: the same study's open-sky figure.
    min_horizontal_error_m: float = 3.0
    # assumed; 68 % radius added for a fix by cell towers or WLAN: cells are 0.3 to 3 km wide in towns.
    network_error_m: float = 1000.0
    # assumed; added for a position that somebody set by hand.
    manual_error_m: float = 100.0
    # assumed; added for a fix that the receiver calls interrupted: a walk of some minutes.
    interrupted_error_m: float = 300.0
    # Added for coordinates on another datum: shifts to WGS 84 are up to some hundred metres (NGA STND.0036, annex on datums).
    other_datum_error_m: float = 300.0
    # assumed; share of footage from elsewhere that is shot in the same district as a listed site, not anywhere in the region.
    neighbourhood_share: float = 0.70
    # assumed; scale of that district.
    neighbourhood_scale_m: float = 1000.0
    # assumed; share of footage from elsewhere that is shot right beside a listed site and shows something else.
    surroundings_share: float = 0.10
    # assumed; scale of those surroundings: the same street.
    surroundings_scale_m: float = 150.0
    # assumed; widths of a site that is a point in the register: published compounds are 100 to 500 m across.
    point_least_width_m: float = 100.0
    point_most_width_m: float = 500.0
    # assumed; chance that footage from where a point-only site most likely stands shows something else, whatever locates it.
    point_only_error_rate: float = 0.05
    # assumed; a fix whose 68 % radius is wider names no site by itself: published compounds are 100 to 500 m across.
    naming_error_m: float = 250.0
    # Chosen for speed; points that stand for a fix's error in a heading's view, rings × spokes; and cells along a side of the
    # grid over which a wide error is summed.
    error_rings: int = 8
    error_spokes: int = 16
    error_cells: int = 64
    # Chosen for speed; points of a long track that are weighed, evenly spread over its time.
    track_points_weighed: int = 64
    # Used as region where a register states none: the land area of the Earth, 148.9 million km² (CIA World Factbook).
    default_region_area_m2: float = 1.489e14
    # assumed; beyond this a site is only named as the nearest, not weighed as near.
    candidate_radius_m: float = 5000.0
    # Chosen to be readable; the nearest sites that are named even when none is near.
    nearest_site_count: int = 3

    # --- heading ---------------------------------------------------------------------------------------------------------
    # assumed; a compass in a phone beside steel and speakers: one standard deviation.
    heading_error_deg: float = 15.0
    # assumed; added (in quadrature) where the reference is magnetic or unknown: declination at most of the inhabited world.
    magnetic_error_deg: float = 12.0
    # assumed; share of a site's footage shot from outside in which the camera looks at the site.
    looks_at_site_share: float = 0.85
    # assumed; where no focal length is known: a phone's main camera (26 mm equivalent).
    default_field_of_view_deg: float = 69.0
    # assumed; a camera tilted further than this up or down looks at the sky or the ground, whatever its heading.
    max_pitch_deg: float = 60.0
    # assumed; beyond this distance a view towards a site says nothing.
    view_distance_m: float = 1500.0

    # --- clock -----------------------------------------------------------------------------------------------------------
    # Civil time differs from local mean time by up to about this much (China, Spain; IANA time zone database).
    zone_tolerance_minutes: int = 150
    # assumed; rate at which a device's zone or clock is set wrong.
    clock_error_rate: float = 0.10
    # assumed; share of footage from elsewhere that comes from the same time zone as a listed site.
    same_zone_share: float = 0.80
    # Digital photographs older than the first consumer camera, Dycam's Model 1 of 1990, are wrong clocks.
    earliest_plausible_year: int = 1990
    # assumed; two clocks of one device that differ by more than this after a whole zone is taken off disagree.
    clock_disagreement_s: float = 120.0

    # --- light -----------------------------------------------------------------------------------------------------------
    # The end of civil twilight (U.S. Naval Observatory).
    night_elevation_deg: float = -6.0
    # assumed; the sun above this lights a street as by day: the end of what photographers call the golden hour.
    day_elevation_deg: float = 6.0
    # assumed; frames whose mean luma is under the first are dark, from the second on they are light.
    dark_luma: float = 50.0
    light_luma: float = 90.0
    # assumed; shares of dark and of light footage by day (indoors, against the light) and by night (lamps, indoors).
    day_dark_share: float = 0.10
    day_light_share: float = 0.65
    night_dark_share: float = 0.55
    night_light_share: float = 0.15
    # assumed; a frame is warm in colour if the median pixel has this many stops (log2) more red than blue.
    warm_stops: float = 0.3
    # assumed; shares of warm frames by a low sun, and by day or by night: white balance takes out most of the light's colour, and
    # lamps are as warm as an evening.
    low_sun_warm_share: float = 0.35
    other_warm_share: float = 0.25
    # assumed; an analyst's error in the direction of a shadow, and in the height of the sun that its length implies.
    shadow_error_deg: float = 5.0

    # --- words -----------------------------------------------------------------------------------------------------------
    # assumed; share of wrong captions that name any one listed site, at least: rumours gather at a few known places.
    rumour_share: float = 0.25
    # assumed; share of footage from elsewhere that comes from the town of a listed site.
    same_town_share: float = 0.30
    # assumed; share of right captions of footage shot beside a site (within `words_near_m`) that call the place by its name.
    beside_named_share: float = 0.50
    # assumed; a name of so many letters says nothing, and with each so many more it is half as likely to stand there by chance.
    name_free_signs: int = 2
    name_halving_signs: float = 3.0
    # assumed; coordinates in words mean a site up to this far from it: who types them picks a point by eye.
    words_near_m: float = 250.0

    # assumed; a sign in the picture names another place than where it stands (a branch, a direction, a brand), or one like it.
    sign_error_rate: float = 0.40
    # assumed; frames of a video that are searched for words: one takes about two seconds of CPU time at 1,440 pixels.
    ocr_frame_count: int = 4
    # assumed; readings that the recogniser itself is less sure of are mostly no words.
    min_ocr_confidence: float = 0.70

    # --- score and verdict -----------------------------------------------------------------------------------------------
    # assumed; before any evidence, the chance that a file was shot at none of the listed sites.
    prior_elsewhere: float = 0.50
    # Chosen on development worlds (benchmarks/calibration.py): the lowest hundredth at which at most 0.5 % of the files from
    # elsewhere were named. A wrong name is so taken to cost 13 times what a missed one costs (Bayes' decision rule).
    consistent_probability: float = 0.93
    # assumed; sites are named as rivals if together they reach this: that it is one of them is a weaker claim, too.
    ambiguous_probability: float = 0.85
    # assumed; sites with at least this share of the best one's posterior are its rivals, "ambiguous" if together at that level.
    ambiguous_share: float = 0.10
    # assumed; none of the listed sites from this posterior of "elsewhere" on, if the file is located.
    inconsistent_probability: float = 0.80
    # assumed; locating evidence at least this strong on both sides (a factor of five) is a contradiction.
    contradiction_log10: float = 0.7

    # --- pictures (benchmarks/visual.py measures what they do) -----------------------------------------------------------
    # Chosen for speed; frames of a video that are compared with the references.
    match_frame_count: int = 24
    # assumed; a frame with fewer features has too little texture to be compared.
    min_frame_features: int = 40
    # A match below this names no site: the best match with a wrong site reached 2.2 on what the model was fitted on, and 2.8 with
    # models fitted on other places (benchmarks/fit_visual.py). No more than `max_log10_lr` of vision/calibration.json.
    naming_visual_log10: float = 3.0
    # assumed; the most that a match below it is worth: photographs of other places seldom reach it, but buildings with the same
    # windows or shutters do, and how many of those there are is not known.
    unnamed_visual_max_log10: float = 0.5
    # assumed; footage of elsewhere that a listed site's references match all the same: a picture of the site, a building like it.
    lookalike_error_rate: float = 0.02

    # assumed; matches of learned features are not calibrated here: so many agreeing points say nothing, with so many the bound is
    # reached (a factor of four). Alone they never name a site.
    learned_least_places: int = 12
    learned_full_places: int = 40
    learned_max_log10: float = 0.6
    # assumed; frames of a video that a network looks at, and references that each is compared with: it takes about a second
    # each time.
    learned_frame_count: int = 6
    learned_reference_count: int = 8

    # --- frames ----------------------------------------------------------------------------------------------------------
    # Chosen for speed; frames looked at in a video when only its metadata is asked for.
    keyframe_count: int = 6
    # Key frames of a video whose prints are kept, so that other copies of it are found (benchmarks/doubles.py).
    print_frame_count: int = 16
    # assumed; CPU time for one file, and time by the clock after which one that stands still is stopped: a row with a problem.
    file_time_limit_s: float = 60.0
    # assumed; how often a file is tried that makes its worker crash or stand still: a machine out of memory is not its fault.
    file_tries: int = 2
    # assumed; a file over this is not read: hashing more takes longer than the time limit on an old machine.
    max_file_bytes: int = 16 << 30
    # assumed; address space of a worker, Linux only: decoders of honest footage stay under 2 GiB with their libraries.
    worker_memory_bytes: int = 4 << 30
    # Chosen for safety; the largest file that a worker can write, in memory or not: a few key frames of at most 8 MiB each, with
    # room to spare.
    worker_written_bytes: int = 256 << 20
    # assumed; files that a worker has open: its libraries need some twenty.
    worker_open_files: int = 128

    def caveat_error_m(self, caveat: FixCaveat) -> float:
        """What a caveat adds to a fix's 68 % radius."""
        return float(getattr(self, f"{caveat.value}_error_m"))

    def error_rate(self, who: Who) -> float:
        """The forgery and mistake rate of a value that `who` could have written."""
        return float(getattr(self, f"{who.value}_error_rate"))

    def digest(self) -> Digest:
        """SHA-256 of the settings as canonical JSON, so that two reports can be compared."""
        canonical = msgspec.json.encode(self, order="sorted")
        return Digest(algorithm="sha256", hex=hashlib.sha256(canonical).hexdigest())
