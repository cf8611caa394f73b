"""Write the output of each `$ geoverify …` example into README.md anew."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(match: re.Match[str]) -> str:
    """The block with what its command prints today."""
    command = match[1]
    done = subprocess.run(
        [sys.executable, "cli.py", *shlex.split(command)],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=True,
    )
    shown = "\n".join(line.rstrip() for line in done.stdout.splitlines()).strip("\n")
    return f"```console\n$ geoverify {command}\n{shown}\n```"


readme = ROOT / "README.md"
text = readme.read_text("utf-8")
readme.write_text(re.sub(r"```console\n\$ geoverify ([^\n]*)\n.*?```", run, text, flags=re.DOTALL), "utf-8")
