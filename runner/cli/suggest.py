"""Shell completion: names of stacks, runs and reports, read quietly. Whatever goes wrong, there is no suggestion."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from runner.ports.records.store import Reader

Suggestions = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
MOST = 50


def _suggest(read: "Callable[[Reader], Iterable[tuple[str, str]]]") -> Suggestions:
    def complete(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
        with suppress(Exception):
            given = set(context.params.get("stacks") or ())
            return [
                CompletionItem(name, help=text)
                for name, text in _read(context, read)
                if name.startswith(incomplete) and name not in given
            ]
        return []

    return complete


def artifacts(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Those of the run that stands before."""
    from runner.app import App

    with suppress(Exception):
        app = App.from_config(_config(context), creates=False)
        names = app.artifacts.names(context.params["run_id"])
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]
    return []


def promotions(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Those of the configuration."""
    from runner.app import App

    with suppress(Exception):
        found = App.from_config(_config(context), creates=False).settings.promotion
        return [CompletionItem(one.name) for one in found if one.name.startswith(incomplete)]
    return []


def _read(
    context: click.Context, read: "Callable[[Reader], Iterable[tuple[str, str]]]"
) -> list[tuple[str, str]]:
    from runner.app import App

    app = App.from_config(_config(context), creates=False)
    with app.store.reading() as reader:
        return list(read(reader))


def _config(context: click.Context) -> Path | None:
    """Callbacks are not called while a shell completes, so the options are read as they were typed."""
    while True:
        named = context.params.get("config") or getattr(context.obj, "config", None)
        if named or context.parent is None:
            return named
        context = context.parent


def _stacks(reader: "Reader") -> Iterable[tuple[str, str]]:
    from runner.view.signs import sync

    return ((stack.name, sync(stack.sync, stack.applied_revision)) for stack in reader.stacks())


def _runs(reader: "Reader") -> Iterable[tuple[str, str]]:
    from runner.ports.records.runs import RunFilter

    return ((run.name, f"{run.stack} {run.state.value}") for run in reader.runs(RunFilter(limit=MOST)))


def _waiting(reader: "Reader") -> Iterable[tuple[str, str]]:
    from runner.model.run.life import State
    from runner.ports.records.runs import RunFilter

    waiting = RunFilter(states=frozenset({State.AWAITING_APPROVAL}), limit=MOST)
    return ((run.name, run.stack) for run in reader.runs(waiting))


def _labels(reader: "Reader") -> Iterable[tuple[str, str]]:
    found = {f"{key}={value}" for stack in reader.stacks() for key, value in stack.definition.labels.items()}
    return ((label, "") for label in sorted(found))


def _sources(reader: "Reader") -> Iterable[tuple[str, str]]:
    return ((source.name, source.problem or "") for source in reader.sources())


def _reports(reader: "Reader") -> Iterable[tuple[str, str]]:
    return ((report.name, f"{report.stack} {report.status.value}") for report in reader.reports())


def _notifications(reader: "Reader") -> Iterable[tuple[str, str]]:
    from runner.model.notify.consumer import notification_of

    found = ((notification_of(cursor.consumer), cursor.problem) for cursor in reader.cursors())
    return ((name, problem) for name, problem in found if name is not None)


stacks = _suggest(_stacks)
runs = _suggest(_runs)
waiting = _suggest(_waiting)
labels = _suggest(_labels)
sources = _suggest(_sources)
reports = _suggest(_reports)
notifications = _suggest(_notifications)
