"""`driftline drift`: check now, and what became of what was found."""

import click

from runner.cli.options import Noun


@click.group(
    cls=Noun,
    below={
        "check": "drift_check:check",
        "list": "drift_reports:list_",
        "show": "drift_reports:show",
        "ack": "drift_reports:ack",
        "heal": "drift_reports:heal",
        "accept": "drift_accept:accept",
        "adopt": "drift_adopt:adopt",
        "coverage": "drift_coverage:coverage",
        "trust": "trust:trust",
    },
)
def command() -> None:
    """Check for drift, list, acknowledge, heal or accept drift reports, and show and adopt what no stack manages."""
