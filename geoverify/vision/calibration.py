"""From the figures of a match to a likelihood ratio: a model fitted by benchmarks/fit_visual.py on named photographs."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from geoverify.model import VisualMatch

FILE = Path(__file__).with_name("calibration.json")


class Calibration(Struct, frozen=True, kw_only=True):
    """A logistic model of whether a match is true, and what it was fitted and tested on.

    `intercept` already holds the shares of true and false matches in the data, so that the model's value is log10 of
    P(such a match | the site) over P(such a match with that site | elsewhere). `max_log10_lr` is the recall times a third of the
    distinct pictures times the sites that each was compared with: no larger ratio can be shown by that data (rule of three).
    """

    intercept: float
    weights: dict[str, float]
    max_log10_lr: float
    negative_pictures: int
    site_count: int
    provenance: str


def measure(strength: float, places: int, tried: int, cells: int) -> dict[str, float]:
    """The model's inputs by name, all of them larger for a better match; `cells` is the smaller number of the two pictures."""
    return {"strength": math.log1p(strength), "share": places / (tried + 10.0), "cells": math.log(max(cells, 1))}


def weigh_figures(strength: float, places: int, tried: int, cells: int) -> float:
    """log10 of the likelihood ratio of a match with such figures ; it may be more than the data can show."""
    model = load_calibration()
    inputs = measure(strength, places, tried, cells)
    return model.intercept + sum(weight * inputs[name] for name, weight in model.weights.items())


def weigh_match(match: VisualMatch) -> float:
    """The same of an observed match."""
    return weigh_figures(match.strength, match.places, match.tried, min(match.frame_cells, match.reference_cells))


@cache
def load_calibration() -> Calibration:
    """The model inside the package."""
    return msgspec.json.decode(FILE.read_bytes(), type=Calibration)
