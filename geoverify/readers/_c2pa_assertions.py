"""What the assertions of a C2PA manifest state of place, time and actions (C2PA specification 2.1 §18)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from geoverify.containers.xmp_tree import Node, Properties
from geoverify.model import (
    Clock,
    Finding,
    PlaceClaim,
    Position,
    SignatureState,
    Software,
    TextSnippet,
    TextSource,
    TimeMeaning,
    Who,
)
from geoverify.speech import Speaker, UnusableError
from geoverify.text import MAX_TEXT_CHARS
from geoverify.xmp.findings import say_properties
from geoverify.xmp.numbers import parse_time
from geoverify.xmp.positions import read_position

MAX_ASSERTIONS = 64
MAX_ACTIONS = 64
MAX_NODES = 2000
MAX_DEPTH = 6
# Assertions that are XMP in the form of JSON-LD.
_METADATA = ("stds.exif", "stds.iptc", "c2pa.metadata", "cawg.metadata")
_CAPTURE = "digitalCapture"


def say_assertions(manifest: dict[str, Any], speaker: Speaker, state: SignatureState) -> Iterator[Finding]:
    """Yield what one manifest states; as a device's word only where an intact manifest says that a camera made it."""
    assertions = [item for item in manifest.get("assertions") or () if isinstance(item, dict)][:MAX_ASSERTIONS]
    is_captured = any(_is_capture(action) for item in assertions for action in _actions_of(item))
    if is_captured and state in (SignatureState.VALID, SignatureState.UNTRUSTED):
        speaker = speaker.as_author(Who.DEVICE)
    for item in assertions:
        label, data = str(item.get("label", "")), item.get("data")
        if not isinstance(data, dict):
            continue
        if label.startswith(_METADATA):
            props = _to_properties(data)
            if props:
                yield from say_properties(props, speaker)
        elif label.startswith("c2pa.location"):
            yield from _say_coordinates(data, label, speaker)
        elif label.startswith("stds.schema-org"):
            yield from _say_creative_work(data, label, speaker.as_author(Who.EDITOR))
        else:
            for action in _actions_of(item):
                yield from _say_action(action, label, speaker)


def _actions_of(item: dict[str, Any]) -> list[dict[str, Any]]:
    data = item.get("data")
    if not str(item.get("label", "")).startswith("c2pa.actions") or not isinstance(data, dict):
        return []
    actions = data.get("actions")
    return [action for action in actions if isinstance(action, dict)][:MAX_ACTIONS] if isinstance(actions, list) else []


def _is_capture(action: dict[str, Any]) -> bool:
    return action.get("action") == "c2pa.created" and str(action.get("digitalSourceType", "")).endswith(_CAPTURE)


def _say_action(action: dict[str, Any], label: str, speaker: Speaker) -> Iterator[Finding]:
    """One action: the program that did it, when, and of what kind a created picture is."""
    agent = action.get("softwareAgent")
    if isinstance(agent, dict):
        agent = " ".join(str(agent[key]) for key in ("name", "version") if agent.get(key))
    when, name = str(action.get("when", "")), str(action.get("action", ""))[:200]
    if agent:
        text = str(agent)[:MAX_TEXT_CHARS]
        yield speaker.observe(Software(name=text), f"{label} softwareAgent", f"{text} {name} {when}".strip())
    if when:
        meaning = TimeMeaning.CAPTURED if _is_capture(action) else TimeMeaning.MODIFIED
        field = f"{label} {name} when"
        yield from speaker.attempt("time", field, when, parse_time, when, field, Clock.DEVICE, meaning)
    kind = str(action.get("digitalSourceType", "")).rsplit("/", 1)[-1][:200]
    if kind:
        snippet = TextSnippet(text=f"digital source type {kind}", source=TextSource.TAG)
        yield speaker.observe(snippet, f"{label} digitalSourceType", str(action["digitalSourceType"]))


def _say_coordinates(data: dict[str, Any], label: str, speaker: Speaker) -> Iterator[Finding]:
    """The location assertions of the specification's drafts: decimal degrees, or a place's name."""
    if "latitude" in data and "longitude" in data:
        raw = f"latitude {data['latitude']}; longitude {data['longitude']}"
        yield from speaker.attempt("position", label, raw, _read_degrees, data)
    name = data.get("location")
    if isinstance(name, str) and name.strip():
        claim = PlaceClaim(name=name.strip()[:MAX_TEXT_CHARS], source=TextSource.TAG)
        yield speaker.as_author(Who.EDITOR).observe(claim, label, name)


def _say_creative_work(data: dict[str, Any], label: str, speaker: Speaker) -> Iterator[Finding]:
    """The places of a schema.org CreativeWork, by name or with a `geo` of decimal degrees."""
    for key in ("locationCreated", "contentLocation"):
        place = data.get(key)
        if not isinstance(place, dict):
            continue
        name, geo = place.get("name"), place.get("geo")
        position: Position | None = None
        if isinstance(geo, dict) and "latitude" in geo and "longitude" in geo:
            try:
                position = _read_degrees(geo)
            except UnusableError as error:
                yield from speaker.excuse(f"position of {key}", error)
        shown = name.strip()[:MAX_TEXT_CHARS] if isinstance(name, str) else ""
        if shown or position:
            claim = PlaceClaim(name=shown or None, position=position, source=TextSource.TAG)
            yield speaker.observe(claim, f"{label} {key}", str(place)[:MAX_TEXT_CHARS])


def _read_degrees(data: dict[str, Any]) -> Position:
    nodes = {name: Node(name, str(data[name])) for name in ("latitude", "longitude")}
    return read_position(nodes, "latitude", "longitude")


def _to_properties(data: dict[str, Any]) -> Properties:
    """JSON-LD as the tree that RDF gives, as far as its keys have the usual prefixes."""
    left = [MAX_NODES]
    return {name: _to_node(name, value, left, 0) for name, value in data.items() if ":" in name}


def _to_node(name: str, value: object, left: list[int], depth: int) -> Node:
    left[0] -= 1
    if left[0] < 0 or depth > MAX_DEPTH or value is None or isinstance(value, bool):
        return Node(name)
    if isinstance(value, dict):
        if "@value" in value:
            return Node(name, str(value["@value"])[:MAX_TEXT_CHARS])
        return Node(name, children=[_to_node(str(key), inner, left, depth + 1) for key, inner in value.items()])
    if isinstance(value, list):
        return Node(name, children=[Node("rdf:Seq", children=[_to_node("rdf:li", item, left, depth + 1) for item in value])])
    return Node(name, str(value)[:MAX_TEXT_CHARS])
