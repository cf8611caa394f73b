"""The words that the product's source can say of a file, as far as they stand there: a guard against new sentences."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "geoverify"
# Rooms whose words reach no page of a report: they speak to whoever runs a command, or of registers, claims and cases.
ELSEWHERE = frozenset(
    {
        *("case", "claims", "cli", "doubles", "exports", "isolation", "pages", "references", "register", "review", "statements"),
        *("csv_log.py", "log.py", "tracklogs/__init__.py", "gpx.py", "kml.py"),
    }
)
# Modules that make nothing but sentences of a report.
SPEAKING = ("channels/", "clock_checks.py", "clocks.py", "guidance.py", "score.py", "tally/sentences.py")
# What turns words into a sentence of a report.
MAKERS = frozenset(
    {
        *("Absent", "Problem", "absent", "attempt", "complain", "excuse", "problem", "warn"),
        *("_absent", "_no_date", "_say", "_word"),
        *("BudgetError", "ConflictError", "MalformedError", "MediaError", "NoPicturesError", "UnusableError", "ExifBlock"),
        *("MetadataBox", "Sharing"),
    }
)
_WORDS = re.compile(r"[a-z]{2,} [a-z]{2,}|\b[a-z]+ [A-Z]")


def find_words() -> Iterator[tuple[str, str]]:
    """Yield each run of at least two words of such sentences, with the line where it stands."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if ELSEWHERE & {name, *name.split("/")}:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        roots = [tree] if name.startswith(SPEAKING) else list(_sentences(tree))
        notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in (node for root in roots for node in ast.walk(root)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes:
                # What stands before a colon names the field or the block.
                yield from ((f"{name}:{node.lineno}", words) for part in node.value.split(": ") if (words := _trim(part)))


def _trim(text: str) -> str:
    trimmed = text.strip(" .:")
    return trimmed if _WORDS.search(trimmed) else ""


def _sentences(tree: ast.AST) -> Iterator[ast.AST]:
    """The arguments of the makers, and what the functions that call them gave to the names among them."""
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and _name_of(node.func) in MAKERS]
        arguments = [value for call in calls for value in (*call.args, *(keyword.value for keyword in call.keywords))]
        yield from arguments
        assignments = [node for node in ast.walk(function) if isinstance(node, ast.Assign)]
        named = _names_in(arguments)
        # A sentence is put together from others at most once more.
        for _ in range(2):
            values = [node.value for node in assignments if _names_in(node.targets) & named]
            named |= _names_in(values)
        yield from values


def _names_in(nodes: list[ast.expr]) -> set[str]:
    return {item.id for node in nodes for item in ast.walk(node) if isinstance(item, ast.Name)}


def _name_of(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
