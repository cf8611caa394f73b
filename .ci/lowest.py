"""Print pip constraints that pin every dependency to its lower bound: `python .ci/lowest pyproject.toml`."""

import sys
import tomllib
from pathlib import Path

for requirement in tomllib.loads(Path(sys.argv[1]).read_text())["project"]["dependencies"]:
    sys.stdout.write(requirement.replace(">=", "==") + "\n")
