"""Run the command line as a module: `python -m geoverify`."""

from geoverify.cli import run

run()
