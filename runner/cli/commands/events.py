"""`driftline events`: the event feed, listed or followed."""

import json
import sys
import time
from collections.abc import Iterator

import click

from runner.api.events import EventsPage, list_events, list_undelivered, next_events
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option
from runner.cli.screen.event import event_screen, followed_screen, letter_screen
from runner.cli.screen.progress import LOOK_SECONDS
from runner.view.document import document
from runner.view.event import EventRow


@click.command()
@click.option("-f", "--follow", is_flag=True, help="Wait for more, until Ctrl-C.")
@click.option("--after", type=click.IntRange(min=0), metavar="ID", help="Begin behind this event.")
@click.option("-n", "--limit", type=click.IntRange(1, 100_000), default=50, help="How many of the newest.")
@click.option("--topic", "globs", multiple=True, metavar="GLOB", help="Only these topics, such as 'run.*'.")
@click.option("--stack", metavar="STACK", help="Show only runs of this stack.")
@click.option("--dead", is_flag=True, help="What consumers could not take, and why.")
@output_option
@pass_cli
def command(
    cli: Cli,
    follow: bool,
    after: int | None,
    limit: int,
    globs: tuple[str, ...],
    stack: str | None,
    dead: bool,
    output: str,
) -> None:
    """What happens, oldest first. With -f and -o json each line is one JSON document."""
    cli.begin_to_list()
    if dead:
        letters = cli.call(list_undelivered)
        cli.present(output, letters, lambda rows: letter_screen(rows, cli.now))
        return
    page = cli.call(list_events, topic=globs, stack=stack, after=after or 0, limit=limit)
    if not follow:
        cli.present(output, page.events, lambda rows: event_screen(rows, cli.now))
        return
    for event in _and_more(cli, page, globs, stack):
        _follow(cli, event, output)


def _and_more(cli: Cli, page: EventsPage, globs: tuple[str, ...], stack: str | None) -> Iterator[EventRow]:
    while True:
        yield from page.events
        before = page.position
        page = cli.call(next_events, after=before, topic=globs, stack=stack)
        if page.position == before:
            time.sleep(LOOK_SECONDS)


def _follow(cli: Cli, row: EventRow, output: str) -> None:
    if output == "json":
        sys.stdout.write(json.dumps(document(row)) + "\n")
        sys.stdout.flush()
    else:
        cli.present(output, row, followed_screen)
