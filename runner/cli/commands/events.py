"""`driftline events`: the event feed, listed or followed."""

import json
import sys
import time
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import click

from runner.cli.options import Cli, output_option, pass_cli
from runner.cli.screen.progress import LOOK_SECONDS
from runner.errors import BadUsage
from runner.model.events.feed import TOPICS, FeedEvent
from runner.model.events.text import sentence, stack_of
from runner.model.values.codec import to_plain
from runner.view.when import ago, rfc3339

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
    if dead:
        _show_dead(cli, output)
        return
    topics = _topics(globs)
    with cli.to_list().store.reading() as reader:
        found, position = (
            reader.newest_events(topics, stack, limit, after or 0),
            max(after or 0, reader.events_head()),
        )
    if not follow:
        _show(cli, found, output)
        return
    for event in found:
        _line(cli, event, output)
    for event in _more(cli, position, topics):
        if stack in {None, stack_of(event)}:
            _line(cli, event, output)


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


def _show(cli: Cli, events: list[FeedEvent], output: str) -> None:
    if output == "json":
        cli.console.json([plain(event) for event in events])
        return
    now = cli.app.clock.now()
    rows = ((str(one.id), ago(one.at, now), one.topic, one.subject, sentence(one)) for one in events)
    empty = "No events yet. They begin with the first run:   driftline plan STACK"
    cli.console.table(("ID", "AT", "TOPIC", "SUBJECT", "WHAT"), rows, empty=empty)


def _line(cli: Cli, event: FeedEvent, output: str) -> None:
    if output == "json":
        sys.stdout.write(json.dumps(plain(event)) + "\n")
        sys.stdout.flush()
    else:
        cli.console.data(f"{rfc3339(event.at)}  {event.topic}  {event.subject}  {sentence(event)}")


def _show_dead(cli: Cli, output: str) -> None:
    with cli.to_list().store.reading() as reader:
        letters = reader.dead_letters()
    if output == "json":
        cli.console.json(
            [
                {
                    **plain(one.event),
                    "consumer": one.consumer,
                    "problem": one.problem,
                    "since": rfc3339(one.since),
                }
                for one in letters
            ]
        )
        return
    now = cli.app.clock.now()
    rows = (
        (one.consumer, str(one.event.id), ago(one.since, now), one.event.topic, one.problem)
        for one in letters
    )
    cli.console.table(
        ("CONSUMER", "ID", "SINCE", "TOPIC", "PROBLEM"), rows, empty="Every event was delivered."
    )


def plain(event: FeedEvent) -> dict[str, Any]:
    return {
        "id": event.id,
        "at": rfc3339(event.at),
        "topic": event.topic,
        "subject": event.subject,
        "payload": to_plain(event.payload),
    }
