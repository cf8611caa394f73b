"""Run the command line from a checkout: `python cli.py match samples/`."""

from geoverify.cli import run

run()
