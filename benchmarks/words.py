"""Captions a second against a register of ten thousand names: `python benchmarks/words.py [--captions N]`."""

from __future__ import annotations

import argparse
import random
import time

import shapely

from geoverify.model import Digest
from geoverify.places import FootprintKind, ReferenceSite, Register, RegisterInfo, SiteName
from geoverify.register.gazetteer import Gazetteer
from geoverify.text import MAX_TEXT_CHARS
from geoverify.words.claims import find_positions

NAMES = 10_000
SYLLABLES = (
    "ba",
    "vet",
    "sun",
    "ko",
    "rin",
    "ta",
    "mei",
    "lo",
    "phu",
    "nga",
    "cha",
    "dor",
    "kim",
    "sal",
    "vo",
    "ree",
    "ang",
    "thu",
)
KINDS = ("Park", "Hotel", "Towers", "Compound", "Casino", "Plaza", "Villa", "Garden")
SENTENCES = (
    "we saw people last night at the big gate near the road, police trucks behind the wall today",
    "help please share this video, it is not far from our house and fire was in there",
    "my friend says that nobody came since morning when they were taken out",
)
WORDS = " ".join(SENTENCES).split()
HOSTILE = (
    "1 ",
    "1.1111,",
    "1°1'",
    "https://a.b/",
    "a.",
    "a-",
    "N 1 ",
    "10.6093, 103.5296 ",
    "1'",
    "geohash",
    "lat ",
    "bavet",
    "sunko",
    "\u200b",
)
HAN = [chr(code) for code in range(0x4E00, 0x5E00)]


def make_register(chance: random.Random) -> Register:
    """2,500 sites with four names each: two in Latin letters, one in Chinese, one brand."""
    sites = []
    for number in range(NAMES // 4):
        latin = [
            "".join(chance.choices(SYLLABLES, k=3)).title() + " " + "".join(chance.choices(SYLLABLES, k=2)).title() for _ in "ab"
        ]
        texts = (
            f"{latin[0]} {chance.choice(KINDS)}",
            latin[1],
            "".join(chance.choices(HAN, k=4)),
            f"{''.join(chance.choices(SYLLABLES, k=3))}{number}",
        )
        site = ReferenceSite(
            code=f"S{number:05d}",
            footprint=shapely.Point(105.0, 11.0),
            footprint_kind=FootprintKind.POINT,
            boundary_error_m=300.0,
            register_title="Benchmark",
            register_edition="1",
            names=tuple(SiteName(text=text) for text in texts),
        )
        sites.append(site)
    info = RegisterInfo(title="Benchmark", edition="1", digest=Digest(algorithm="sha256", hex="0" * 64), site_count=len(sites))
    return Register(infos=(info,), sites=tuple(sites), region=None)


def make_captions(register: Register, count: int, chance: random.Random) -> list[tuple[str, str | None]]:
    """Captions of 8 to 20 words with, in every fifth, a site's name; the second is the code that should be found."""
    captions: list[tuple[str, str | None]] = []
    for number in range(count):
        words = chance.choices(WORDS, k=chance.randint(8, 20))
        code = None
        if number % 5 == 0:
            site = chance.choice(register.sites)
            code = site.code
            words.insert(chance.randint(0, len(words)), chance.choice(site.names).text)
        captions.append((" ".join(words), code))
    return captions


def main() -> None:
    """Print the speed and what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--captions", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    register = make_register(chance)
    started = time.perf_counter()
    gazetteer = Gazetteer(register)
    built_s = time.perf_counter() - started
    captions = make_captions(register, options.captions, chance)
    started = time.perf_counter()
    found = [gazetteer.search(text) for text, _ in captions]
    took_s = time.perf_counter() - started
    named = [(mentions, code) for mentions, (_, code) in zip(found, captions, strict=True) if code is not None]
    right = sum(any(code in mention.site_codes for mention in mentions) for mentions, code in named)
    false = sum(bool(mentions) for mentions, (_, code) in zip(found, captions, strict=True) if code is None)
    started = time.perf_counter()
    positions = sum(len(list(find_positions(text))) for text, _ in captions)
    positions_s = time.perf_counter() - started
    print(f"names {NAMES}, built in {built_s:.2f} s")
    print(f"captions a second: {options.captions / took_s:,.0f} (target 20,000)")
    print(f"named sites found: {right} of {len(named)}; captions without a name in which one was found: {false}")
    print(f"captions a second searched for positions: {options.captions / positions_s:,.0f} ({positions} found)")
    worst_s, worst = max(_time_hostile(gazetteer, unit) for unit in HOSTILE)
    print(f"longest time for a hostile text of {MAX_TEXT_CHARS} characters: {worst_s * 1000.0:.0f} ms (of {worst!r})")


def _time_hostile(gazetteer: Gazetteer, unit: str) -> tuple[float, str]:
    text = (unit * MAX_TEXT_CHARS)[:MAX_TEXT_CHARS]
    started = time.perf_counter()
    gazetteer.search(text)
    list(find_positions(text))
    return time.perf_counter() - started, unit


if __name__ == "__main__":
    main()
