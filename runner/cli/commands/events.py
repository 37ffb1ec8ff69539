"""`driftline events`: the event feed, listed or followed."""

import json
import sys
import time
from collections.abc import Iterator
from fnmatch import fnmatchcase

import click

from runner.cli.options import Cli, output_option, pass_cli
from runner.cli.screen.event import event_screen, followed_screen, letter_screen
from runner.cli.screen.progress import LOOK_SECONDS
from runner.errors import BadUsage
from runner.model.events.feed import TOPICS, FeedEvent
from runner.model.events.text import stack_of
from runner.view.document import document
from runner.view.event import event_row, event_rows, letter_rows

PAGE = 500


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
    now = cli.app.clock.now()
    if dead:
        with cli.to_list().store.reading() as reader:
            letters = letter_rows(reader.dead_letters())
        cli.present(output, letters, lambda rows: letter_screen(rows, now))
        return
    topics = _topics(globs)
    with cli.to_list().store.reading() as reader:
        found, position = (
            reader.newest_events(topics, stack, limit, after or 0),
            max(after or 0, reader.events_head()),
        )
    if not follow:
        cli.present(output, event_rows(found), lambda rows: event_screen(rows, now))
        return
    for event in found:
        _follow(cli, event, output)
    for event in _more(cli, position, topics):
        if stack in {None, stack_of(event)}:
            _follow(cli, event, output)


def _topics(globs: tuple[str, ...]) -> frozenset[str]:
    topics = frozenset(topic for topic in TOPICS if any(fnmatchcase(topic, glob) for glob in globs or "*"))
    if not topics:
        known = ", ".join(sorted({topic.partition(".")[0] + ".*" for topic in TOPICS}))
        raise BadUsage(
            f"no topic is called {' or '.join(globs)}", hint=f"driftline events --topic GLOB, of {known}"
        )
    return topics


def _more(cli: Cli, position: int, topics: frozenset[str]) -> Iterator[FeedEvent]:
    while True:
        with cli.app.store.reading() as reader:
            page = reader.events(position, topics, PAGE)
        yield from page
        if page:
            position = page[-1].id
        else:
            time.sleep(LOOK_SECONDS)


def _follow(cli: Cli, event: FeedEvent, output: str) -> None:
    row = event_row(event)
    if output == "json":
        sys.stdout.write(json.dumps(document(row)) + "\n")
        sys.stdout.flush()
    else:
        cli.present(output, row, followed_screen)
