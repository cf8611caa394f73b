"""Registers ready for use: found by path or name, checked, loaded, merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

import msgspec

from geoverify.errors import RegisterError
from geoverify.places import ReferenceSite, Register, RegisterInfo
from geoverify.register.building import paused_collection
from geoverify.register.checks import ErrorSearch
from geoverify.register.document import read_document
from geoverify.register.merge import merge_registers
from geoverify.register.records import parse_records
from geoverify.register.remarks import Level, Remark
from geoverify.register.sites import build_site
from geoverify.text import escape_controls

DEFAULT_REGISTER = "cambodia-2025"
_SHOWN_ERRORS = 3


def load_registers(paths: Sequence[Path], called: Mapping[str, str] | None = None) -> Register:
    """Load and merge registers in the order given (see `merge`); raises `RegisterError` where one cannot be used.

    `called` has, by their paths, the names under which reports know files that are copies.
    """
    if not paths:
        raise RegisterError("no register given; give --sites FILE, or leave it out for the shipped one")
    register = merge_registers([load_register(path) for path in paths])
    if not called:
        return register
    infos = (msgspec.structs.replace(info, path=called.get(info.path, info.path)) for info in register.infos)
    return msgspec.structs.replace(register, infos=tuple(infos))


def load_register(path: Path) -> Register:
    """Load one register file; raises `RegisterError` with the first errors that `check_document` would find."""
    document = read_document(path)
    file = document.file
    search = ErrorSearch(document)
    errors = [remark for remark in search.file_remarks if remark.level is Level.ERROR]
    sites: list[ReferenceSite] = []
    with paused_collection():
        for records, unreadable in parse_records(document):
            errors += [*unreadable, *search.find(records)]
            if not errors:
                sites += [build_site(record, record.footprint, file) for record in records if record.footprint is not None]
    if errors:
        raise RegisterError(_describe_errors(path, errors))
    info = RegisterInfo(
        title=file.title,
        edition=file.edition,
        digest=document.digest,
        site_count=len(sites),
        licence=file.licence,
        path=document.path,
    )
    return Register(infos=(info,), sites=tuple(sites), region=search.region)


def _describe_errors(path: Path, errors: Sequence[Remark]) -> str:
    name = escape_controls(str(path))
    first = "; ".join(f"{error.record}: {error.message}" for error in errors[:_SHOWN_ERRORS])
    count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    return (
        f"{name}: {count}, so nothing is matched against it: {escape_controls(first)}; "
        f"see all with their cures: geoverify sites check {name}"
    )


def resolve_register(name: str | Path) -> Path:
    """Return the path of a register: a file's own, or that of a shipped register by its name; raises `RegisterError`."""
    path = Path(name)
    try:
        if path.is_file():
            return path
    except ValueError:  # a NUL in the name
        pass
    shipped = {file.stem: file for file in sorted(_shipped_folder().glob("*.geojson"))}
    if str(name) in shipped:
        return shipped[str(name)]
    raise RegisterError(
        f"{escape_controls(str(name))}: no such register; give a GeoJSON file or one of the shipped names: {', '.join(shipped)}"
    )


def list_shipped() -> list[str]:
    """The names of the registers inside the package."""
    return sorted(path.stem for path in _shipped_folder().glob("*.geojson"))


def default_register_path() -> Path:
    """The register that is used where none is named."""
    return resolve_register(DEFAULT_REGISTER)


def _shipped_folder() -> Path:
    package = Path(str(resources.files("geoverify")))
    # A wheel has the folder inside the package; a checkout has it beside the package.
    inside = package / "reference_sites"
    return inside if inside.is_dir() else package.parent / "reference_sites"
