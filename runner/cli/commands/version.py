"""`driftline version`."""

import click

from runner import __version__


@click.command()
def command() -> None:
    """Print the version."""
    click.echo(f"driftline {__version__}")
