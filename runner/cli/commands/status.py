"""`driftline status`: one screen that says whether somebody is needed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click

from runner.cli import shapes
from runner.cli.attention import Need, Why, needs
from runner.cli.load import Load, load_of
from runner.cli.options import Cli, output_option, pass_cli
from runner.cli.screen import cells
from runner.cli.screen.output import Cell, Line
from runner.datadir.daemon_lock import running_daemon
from runner.model.drift.report import DriftReport
from runner.model.run.life import Run, State
from runner.model.schedule.waiting import waits
from runner.model.stack.definition import DriftStatus, Health, Sync
from runner.service.cycle.checkpoint import last_missing
from runner.service.cycle.restored import last_restore
from runner.service.operator.cancel import left_running
from runner.view.document import document as document_of
from runner.view.facts import StackFacts, all_stacks
from runner.view.objections import objections_to
from runner.view.source import SourceRow, source_rows
from runner.view.when import ago, ahead, rfc3339

MOST_SHOWN = 15

_MARKS: dict[Why, Cell] = {
    Why.DISK: Cell("✗ disk full", "red"),
    Why.LINGERS: Cell("! still running", "yellow"),
    Why.RESTORED: Cell("! restored", "yellow"),
    Why.CHECKPOINTS: Cell("! checkpoints", "yellow"),
    Why.APPROVAL: Cell("⏸ approval", "yellow"),
    Why.READY: Cell("… apply", "cyan"),
    Why.DRIFT: Cell("● drift", "yellow"),
    Why.CHECK: Cell("! check", "yellow"),
    Why.LOCK: Cell("✗ locked", "red"),
    Why.FAILED: Cell("✗ failed", "red"),
    Why.PROBLEM: Cell("✗ problem", "red"),
    Why.MISSING: Cell("? missing", "yellow"),
    Why.SOURCE: Cell("✗ source", "red"),
    Why.PROBE: Cell("! not probed", "yellow"),
    Why.EVENTS: Cell("✗ events", "red"),
}


@dataclass(frozen=True)
class Picture:
    """What one look at the store and at the daemon's lock has shown."""

    daemon: int | None
    stacks: list[StackFacts]
    sources: list[SourceRow]
    needs: list[Need]
    reports: list[DriftReport]
    now: datetime
    load: Load

    @property
    def running(self) -> list[Run]:
        return [run for facts in self.stacks for run in facts.view.open_runs if run.claim is not None]

    @property
    def waiting(self) -> list[Run]:
        """Runs that are tried again later: somebody else holds their state, or the provider throttles."""
        runs = (run for facts in self.stacks for run in facts.view.open_runs)
        return [run for run in runs if run.claim is None and waits(run.wait_until, self.now)]

    @property
    def queued(self) -> int:
        return sum(
            run.claim is None and run.state == "queued" and run not in self.waiting
            for facts in self.stacks
            for run in facts.view.open_runs
        )

    @property
    def next_check(self) -> StackFacts | None:
        due = [
            facts
            for facts in self.stacks
            if facts.stack.applied_revision
            and facts.stack.next_check_at
            and facts.stack.missing_since is None
        ]
        return min(due, key=lambda facts: facts.stack.next_check_at or self.now, default=None)

    def count(self, values: Iterable[Any]) -> dict[str, int]:
        return {value.value: count for value, count in Counter(values).items()}


@click.command()
@output_option
@pass_cli
def command(cli: Cli, output: str) -> None:
    """One screen: what needs me, what runs, what drifted, the next check, the daemon."""
    picture = look(cli)
    if output == "json":
        cli.console.json(document(picture))
    else:
        cli.console.data(*screen(picture))


def look(cli: Cli) -> Picture:
    app = cli.app
    daemon = running_daemon(app.settings.data_dir)
    now, shortage = app.clock.now(), app.disk.shortage()
    with app.store.reading() as reader:
        stacks = all_stacks(reader, app.settings, app.clock, app.disk.shortage())
        sources = [row for row in source_rows(reader, app.settings, app.answers()) if row.configured]
        reports = reader.reports()
        restored, missing = last_restore(reader), last_missing(reader)
        distrusted = reader.distrust_of()
        dead_letters = reader.dead_letters()
        load = load_of(app, reader, now, shortage, daemon=daemon is not None)
        open_runs = (run for facts in stacks for run in facts.view.open_runs)
        objections = {
            run.id: objections_to(app.settings, app.clock, reader, run)
            for run in open_runs
            if run.state is State.AWAITING_APPROVAL
        }
    wanted = needs(
        stacks,
        reports,
        sources,
        now,
        daemon=daemon is not None,
        restored=restored,
        missing=missing,
        shortage=shortage,
        leftovers=left_running(app.claims, app.store),
        distrusted=distrusted,
        dead_letters=dead_letters,
        objections=objections,
    )
    return Picture(daemon, stacks, sources, wanted, reports, now, load)


def document(picture: Picture) -> dict[str, Any]:
    following = picture.next_check
    return {
        "daemon": {"alive": picture.daemon is not None, "pid": picture.daemon},
        "sources": [document_of(source) for source in picture.sources],
        "stacks": {
            "total": len(picture.stacks),
            "sync": picture.count(facts.stack.sync for facts in picture.stacks),
            "drift": picture.count(facts.stack.drift for facts in picture.stacks),
            "health": picture.count(facts.health[0] for facts in picture.stacks),
        },
        "needs": [need.document() for need in picture.needs],
        "running": [shapes.run(run) for run in picture.running],
        "waiting": [shapes.run(run) for run in picture.waiting],
        "queued": picture.queued,
        **picture.load.document(picture.queued),
        "drifted": [facts.stack.name for facts in picture.stacks if facts.stack.drift is DriftStatus.DRIFTED],
        "next_check": following
        and {"stack": following.stack.name, "at": rfc3339(following.stack.next_check_at)},
    }


def screen(picture: Picture) -> list[Line]:
    return [
        *_daemon(picture),
        *_sources(picture),
        *_stacks(picture),
        *_running(picture),
        *_waiting(picture),
        *_load(picture),
        *_needs(picture.needs),
    ]


def _daemon(picture: Picture) -> list[Line]:
    if picture.daemon is not None:
        return [[_head("Daemon"), Cell("✔ running", "green"), f" (pid {picture.daemon})"]]
    return [
        [
            _head("Daemon"),
            Cell("✗ not running", "yellow"),
            ". Start it with:   driftline daemon",
        ]
    ]


def _sources(picture: Picture) -> list[Line]:
    if not picture.sources:
        return [[_head("Sources"), "none is configured"]]
    return [
        [_head("Sources" if not number else ""), *_source(source, picture.now)]
        for number, source in enumerate(picture.sources)
    ]


def _source(of: SourceRow, now: datetime) -> list[Cell | str]:
    at = f"{of.name}  {of.branch}@{of.revision[:7] if of.revision else '-'}"
    problem = Cell(f"  ✗ {'refused' if of.is_refused else 'failed'}", "red") if of.problem else ""
    rewritten = (
        Cell(f"  ! history rewritten {ago(of.rewritten_at, now)}", "yellow") if of.rewritten_at else ""
    )
    return [f"{at}  polled {ago(of.polled_at, now)}", problem, rewritten]


def _stacks(picture: Picture) -> list[Line]:
    total = len(picture.stacks)
    axes: list[Cell | str] = []
    for count, worth in (
        (sum(f.stack.sync is Sync.PENDING for f in picture.stacks), Cell("pending", "yellow")),
        (sum(f.stack.drift is DriftStatus.DRIFTED for f in picture.stacks), Cell("drifted", "yellow")),
        (sum(f.health[0] is Health.ERROR for f in picture.stacks), Cell("with errors", "red")),
        (sum(f.health[0] is Health.LOCKED for f in picture.stacks), Cell("locked", "yellow")),
        (sum(f.health[0] is Health.PAUSED for f in picture.stacks), Cell("paused", "dim")),
    ):
        if count:
            axes += [f", {count} ", worth]
    synced = sum(f.stack.sync is Sync.SYNCED for f in picture.stacks)
    following = picture.next_check
    told = (
        f"{following.stack.name} {ahead(following.stack.next_check_at, picture.now)}" if following else "none"
    )
    return [[_head("Stacks"), f"{total}: {synced} synced", *axes], [_head("Next check"), told]]


def _running(picture: Picture) -> list[Line]:
    lines: list[Line] = [
        [
            _head("Running" if not number else ""),
            f"{run.name}  {run.stack}  ",
            cells.state(run),
            f"  {ago(run.changed_at, picture.now)}",
        ]
        for number, run in enumerate(picture.running[:MOST_SHOWN])
    ]
    more = len(picture.running) - MOST_SHOWN
    if more > 0:
        lines.append([_head(""), f"and {more} more:   driftline run list --state planning --state applying"])
    if picture.queued:
        what = "1 run waits" if picture.queued == 1 else f"{picture.queued} runs wait"
        lines.append([_head("Queued"), f"{what} for {picture.load.queue_waits_for}"])
    return lines or [[_head("Running"), "nothing"]]


def _waiting(picture: Picture) -> list[Line]:
    return [
        [
            _head("Waiting" if not number else ""),
            f"{run.name}  {run.stack}  {run.reason}; tried again {ahead(run.wait_until, picture.now)}",
        ]
        for number, run in enumerate(picture.waiting[:MOST_SHOWN])
    ]


def _load(picture: Picture) -> list[Line]:
    return [[_head(about), told] for about, told in picture.load.lines()]


def _needs(needs: Sequence[Need]) -> list[Line]:
    if not needs:
        return ["", Cell("✔ Nothing needs you.", "green")]
    lines: list[Line] = ["", Cell(f"Needs you ({len(needs)})", "bold")]
    for need in needs[:MOST_SHOWN]:
        lines += [["  ", *need_line(need)], *(Cell(f"      {way}", "dim") for way in _ways(need))]
    more = len(needs) - MOST_SHOWN
    if more > 0:
        lines.append(f"  and {more} more:   driftline status -o json")
    return lines


def _ways(need: Need) -> list[str]:
    """The command that goes on from there, or all of them with what they answer."""
    wide = max((len(answer) for answer, _ in need.ways), default=0)
    return [f"{answer + ':':<{wide + 1}}   {command}" for answer, command in need.ways] or [need.command]


def need_line(need: Need) -> list[Cell | str]:
    """What kind of need, of what, and why."""
    where = f"{need.name} of {need.stack}" if need.stack and need.stack != need.name else need.name
    return [_MARKS[need.why], f"  {where}: {need.text}"]


def _head(text: str) -> Cell:
    return Cell(f"{text:<11} ", "dim")
