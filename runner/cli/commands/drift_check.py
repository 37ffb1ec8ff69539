"""`driftline drift check`: compare what is applied with the real cloud, now."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from runner.cli.options import Cli, Labels, labels_option, output_option, pass_cli, stacks_argument
from runner.cli.screen.output import Cell
from runner.cli.screen.progress import followed
from runner.cli.several import with_labels
from runner.errors import BadUsage
from runner.model.run.life import Run, State
from runner.service.operator.request import request_check
from runner.view.load import sweep_view

_RESULTS: dict[State, str] = {
    State.NO_CHANGES: "clean",
    State.DRIFTED: "drifted",
    State.PLAN_FAILED: "error",
}
_SHOWN: dict[str, Cell] = {
    "clean": Cell("✔ clean", "green"),
    "drifted": Cell("● drifted", "yellow"),
    "acknowledged": Cell("○ acknowledged", "dim"),
    "error": Cell("✗ error", "red"),
    "skipped": Cell("○ skipped", "dim"),
}


@click.command("check")
@stacks_argument(required=False)
@labels_option("All stacks with this label. Repeat to require several labels.")
@click.option("--all", "everything", is_flag=True, help="All stacks that were applied.")
@click.option("--acknowledged", is_flag=True, help="Exit with 2 for acknowledged drift as well.")
@output_option
@pass_cli
def check(
    cli: Cli, stacks: tuple[str, ...], labels: Labels, everything: bool, acknowledged: bool, output: str
) -> int:
    """Compare stacks with the real cloud: 2 where drift is found that nobody has acknowledged, 1 where only checks failed, else 0."""
    if stacks and everything:
        raise BadUsage("specify either stack names or --all", hint="driftline drift check --all")
    if sum(map(bool, (stacks, labels, everything))) != 1:
        raise BadUsage(
            "specify stack names, -l KEY=VALUE or --all",
            hint="driftline drift check --all",
        )
    from runner.cli.perform import Performer

    names = stacks or _chosen(cli, labels)
    performer = Performer.of(cli)
    runs, skipped = request_check(cli.app.control, names, cli.person)
    ids = [run.id for run in runs]
    with followed(cli.console, lambda: _how_far(cli, ids)):
        ended = performer.bring_all(ids, _slots(cli), lambda _: None) if ids else []
    with cli.app.store.reading() as reader:
        took = reader.took(ids)
    document = _document(ended, skipped, names, _acknowledged(cli, ended), took)
    if output == "json":
        cli.console.json(document)
    else:
        _show(cli, document)
    if performer.interrupted:
        return 130
    spared = 0 if acknowledged else document["acknowledged"]
    return 2 if document["drifted"] > spared else 1 if document["errors"] else 0


def _chosen(cli: Cli, labels: Labels) -> tuple[str, ...]:
    """All that were applied, or have the labels. A stack that left Git is checked as long as something of it is applied."""
    with cli.app.store.reading() as reader:
        found = with_labels(reader, labels) if labels else reader.stacks()
        return tuple(stack.name for stack in found if stack.applied_revision is not None)


def _slots(cli: Cli) -> int:
    from runner.app import slots

    return slots(cli.app.settings)


def _how_far(cli: Cli, ids: Sequence[int]) -> str:
    with cli.app.store.reading() as reader:
        sweep = reader.sweep(ids)
    return sweep_view(sweep, _slots(cli)).sentence if sweep else ""


def _acknowledged(cli: Cli, runs: Sequence[Run]) -> frozenset[int]:
    """The reports that somebody has said may stay for now, as they are after these checks."""
    found = {run.report for run in runs if run.state is State.DRIFTED and run.report is not None}
    now = cli.app.clock.now()
    with cli.app.store.reading() as reader:
        return frozenset(number for number in found if reader.report(number).acknowledged(now))


def _document(
    runs: Sequence[Run],
    skipped: dict[str, str],
    names: Sequence[str],
    acknowledged: frozenset[int],
    took: Mapping[int, float],
) -> dict[str, Any]:
    order = {name: number for number, name in enumerate(names)}
    found = [_checked(run, acknowledged, took.get(run.id, 0.0)) for run in runs]
    found += [_entry(name, "skipped", reason) for name, reason in skipped.items()]
    found.sort(key=lambda entry: order[entry["stack"]])
    return {
        "checked": sum(entry["result"] != "skipped" for entry in found),
        "drifted": sum(entry["result"] == "drifted" for entry in found),
        "acknowledged": sum(entry["acknowledged"] for entry in found),
        "errors": sum(entry["result"] == "error" for entry in found),
        "stacks": found,
    }


def _checked(run: Run, acknowledged: frozenset[int], seconds: float) -> dict[str, Any]:
    result = _RESULTS.get(run.state, "skipped")
    reason = run.reason if result != "skipped" else f"{run.state.in_words}: {run.reason}"
    return {
        **_entry(run.stack, result, reason),
        "report": f"dr-{run.report}" if run.report else None,
        "acknowledged": result == "drifted" and run.report in acknowledged,
        "seconds": round(seconds, 3),
    }


def _entry(stack: str, result: str, reason: str) -> dict[str, Any]:
    return {
        "stack": stack,
        "result": result,
        "reason": reason,
        "report": None,
        "acknowledged": False,
        "seconds": 0.0,
    }


def _show(cli: Cli, document: dict[str, Any]) -> None:
    rows = [
        (
            entry["stack"],
            _SHOWN["acknowledged" if entry["acknowledged"] else entry["result"]],
            entry["report"] or "-",
            f"{entry['seconds']:.1f} s",
            entry["reason"],
        )
        for entry in document["stacks"]
    ]
    empty = "No applied stacks to check. Apply one with:   driftline plan STACK"
    cli.console.table(("STACK", "RESULT", "REPORT", "TIME", "REASON"), rows, empty=empty)
    if not rows:
        return
    known = f" ({document['acknowledged']} acknowledged)" if document["acknowledged"] else ""
    cli.console.say(
        f"{document['checked']} checked, {document['drifted']} drifted{known}, {document['errors']} errors."
    )
    reports = [entry["report"] for entry in document["stacks"] if entry["report"]]
    if reports:
        cli.console.hint(f"driftline drift show {reports[0]}")
