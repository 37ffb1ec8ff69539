"""`driftline plan`: plan stacks now, and show what terraform would do."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Any

import click

from runner.api.approvals import show_next_step
from runner.api.plans import Promote, request_plan, request_plan_at
from runner.api.runs import show_run
from runner.api.sources import poll_source, sources_to_poll
from runner.api.stacks import show_stack
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import (
    Labels,
    labels_option,
    output_option,
    reason_option,
    stacks_argument,
    yes_option,
)
from runner.cli.perform import Performer
from runner.cli.screen.facts import diagnostic_lines, fact_lines, ignored_facts
from runner.cli.screen.run_page import planned_screen
from runner.cli.several import Tally, ask_once, refuse_unclear, rows_with
from runner.errors import BadUsage, DriftlineError, NewestRefused, NotFound
from runner.model.run.life import State
from runner.model.values.frozen import dataclass
from runner.view import words
from runner.view.poll import PollRow
from runner.view.run import RunRow
from runner.view.run_page import RunPage

PLANNED = frozenset(State) - {State.QUEUED, State.PLANNING}


@dataclass(frozen=True)
class Wish:
    """What is asked of each stack."""

    ref: str | None
    targets: tuple[str, ...]
    destroy: bool
    wait: bool
    full: bool
    output: str
    ignore_dependencies: bool = False
    promote: Promote | None = None  # before its promotion lets it
    reason: str = ""


@click.command()
@stacks_argument(required=False)
@labels_option("All stacks with this label. Repeat to require several labels.")
@click.option("--ref", metavar="REF", help="Plan this revision of the branch instead of the newest.")
@click.option(
    "--target", "targets", multiple=True, metavar="ADDR", help="Plan only this address. Repeatable."
)
@click.option("--destroy", is_flag=True, help="Plan to destroy everything the stack manages.")
@click.option(
    "--ignore-dependencies", is_flag=True, help="Plan even if a stack it depends on has not been applied."
)
@click.option(
    "--straight", is_flag=True, help="Plan even if an earlier stage of its promotion is not ready; needs -m."
)
@reason_option(required=False, text="Reason for --straight; it is recorded.")
@click.option("--no-wait", is_flag=True, help="Queue the plan and return immediately.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if there are changes.")
@click.option("--full", is_flag=True, help="Show full values.")
@yes_option
@output_option
@pass_cli
def command(
    cli: Cli,
    stacks: tuple[str, ...],
    labels: Labels,
    ref: str | None,
    targets: tuple[str, ...],
    destroy: bool,
    ignore_dependencies: bool,
    straight: bool,
    reason: str,
    no_wait: bool,
    detailed_exitcode: bool,
    full: bool,
    yes: bool,
    output: str,
) -> int:
    """Plan stacks now. Nothing is applied until the plan is approved."""
    refuse_unclear(stacks, labels, what="stacks")
    if straight != bool(reason):
        raise BadUsage(
            "--straight needs a reason, and -m is only for --straight",
            hint=f"driftline plan {' '.join(stacks) or '-l KEY=VALUE'} --straight -m REASON",
        )
    cli.begin_installation()
    promote: Promote | None = "straight" if straight else None
    wish = Wish(ref, targets, destroy, not no_wait, full, output, ignore_dependencies, promote, reason)
    performer = Performer.of(cli, waited_for=not no_wait)
    untaken = poll_sources(cli, stacks, only_unknown=ref is not None) if performer.works else {}
    chosen = stacks or _labelled(cli, labels, wish, yes=yes)
    return plan_all(cli, performer, chosen, wish, detailed=detailed_exitcode, untaken=untaken)


def _labelled(cli: Cli, labels: Labels, wish: Wish, *, yes: bool) -> tuple[str, ...]:
    """The stacks that have the labels in what was just pushed; what has left Git can only be planned by name."""
    found = [row for row in rows_with(cli, labels) if row.missing_since is None]
    verb = "plan to destroy" if wish.destroy else "plan"
    if wish.output == "table":
        ask_once(cli.console, found, verb, wish="planned", yes=yes)
    return tuple(row.name for row in found)


def plan_all(
    cli: Cli,
    performer: Performer,
    stacks: Sequence[str],
    wish: Wish,
    *,
    detailed: bool,
    untaken: Mapping[str, PollRow] = MappingProxyType({}),
) -> int:
    """One after the other; a stack that fails does not stop the others."""
    pages: list[RunPage] = []
    tally = Tally(cli.console)
    for stack in dict.fromkeys(stacks):
        with tally.each():
            if wish.ref is None:
                refuse_untaken(cli, stack, untaken)
            page, code = finish(cli, performer, _request(cli, stack, wish), wish)
            tally.codes.append(code if code != 2 or detailed else 0)
            pages.append(page)
        if performer.interrupted:
            break
    cli.present(wish.output, tuple(pages))
    return tally.worst


def _request(cli: Cli, stack: str, wish: Wish) -> RunRow:
    """The run that answers the wish: a new one, or the one that the daemon is planning for the same commit."""
    how: dict[str, Any] = {
        "targets": wish.targets,
        "destroy": wish.destroy,
        "ignore_dependencies": wish.ignore_dependencies,
        "promote": wish.promote,
        "reason": wish.reason,
    }
    if wish.ref is not None:
        return cli.call(request_plan_at, stack, ref=wish.ref, **how).run
    requested = cli.call(request_plan, stack, **how)
    if requested.joined:
        cli.console.say(f"{requested.run.id} is already being planned.")
    return requested.run


def finish(cli: Cli, performer: Performer, run: RunRow, wish: Wish) -> tuple[RunPage, int]:
    """Have the queued run planned, show its plan and what to do next; the exit code, 2 for changes."""
    if not wish.wait:
        _queued(cli, performer, run, wish)
        return cli.call(show_run, run.number), 0
    where = f"the daemon (pid {performer.daemon})" if performer.daemon is not None else "this process"
    cli.console.say(f"{run.id}: {where} plans {run.stack} at {run.revision[:12]}")
    run = performer.bring(run.number, lambda run: run.state in PLANNED)
    page = cli.call(show_run, run.number)
    if wish.output == "table":
        cli.present(wish.output, page, lambda page: planned_screen(page, full=wish.full))
    cli.console.say(*diagnostic_lines(page.diagnostics))
    return page, _ending(cli, performer, run, page)


def _queued(cli: Cli, performer: Performer, run: RunRow, wish: Wish) -> None:
    if wish.output == "table":
        cli.console.data(run.id)
    if performer.daemon is None:
        cli.console.hint("no daemon is running; the plan waits for   driftline daemon --once")


# state -> exit code, what is said, what comes next
ENDINGS: dict[State, tuple[int, str, str]] = {
    State.NO_CHANGES: (0, "{run} of {stack} found nothing to change.", ""),
    State.AWAITING_APPROVAL: (2, "{run} of {stack} waits for approval.", "{answer}"),
    State.APPROVED: (2, "{run} of {stack} needs no approval.", "driftline apply {run}"),
    State.APPLYING: (2, "{run} of {stack} is being applied.", "driftline logs -f {run}"),
    State.APPLIED: (2, "{run} of {stack} has been applied.", "driftline logs {run}"),
    State.PLAN_FAILED: (1, "{run} of {stack} could not be planned{at}: {reason}", "driftline logs {run}"),
    State.CANCELED: (1, "{run} of {stack} was canceled: {reason}", "driftline plan {stack}"),
    State.SUPERSEDED: (4, "{run} of {stack} is superseded: {reason}", "driftline plan {stack}"),
}
OTHERWISE = (1, "{run} of {stack} is {state}: {reason}", "driftline run show {run}")


def _ending(cli: Cli, performer: Performer, run: RunRow, page: RunPage) -> int:
    """Say how it stands and what comes next."""
    code, sentence, hint = ENDINGS.get(run.state, OTHERWISE)
    facts = {"run": run.id, "stack": run.stack, "reason": run.reason, "state": run.state}
    facts["at"] = words.failed_at(page.steps)
    if run.state is State.APPROVED and performer.daemon is not None:
        hint = "driftline logs -f {run}"
    if run.state is State.AWAITING_APPROVAL:
        step = cli.call(show_next_step, run.number)
        if page.renamed_from:
            cli.console.say(f"{run.stack} is the new name of {page.renamed_from}; it uses the same state.")
        cli.console.say(*fact_lines(ignored_facts(page.ignored)))
        facts["answer"] = step.command
        if step.never:
            sentence = "{run} of {stack} is planned; the rules of this stack forbid applying it."
    if code not in {0, 2}:
        cli.console.error(DriftlineError(sentence.format(**facts), hint=hint.format(**facts)))
        return 130 if performer.interrupted else code
    if run.state is State.AWAITING_APPROVAL and run.reason:
        cli.console.warn(run.reason)
    cli.console.say(sentence.format(**facts))
    cli.console.hint(hint.format(**facts))
    return code


def refuse_untaken(cli: Cli, stack: str, untaken: Mapping[str, PollRow]) -> None:
    """NewestRefused where something newer was pushed than what would be planned, and only the remote has it."""
    if not untaken:
        return
    try:
        page = cli.call(show_stack, stack)
    except NotFound:  # it may be in what was not taken
        for name, one in untaken.items():
            cli.console.warn(f"source {name}: its newest revision cannot be taken: {one.problem}")
        return
    polled = untaken.get(page.source)
    if polled is not None and polled.untaken is not None:
        raise NewestRefused(
            stack=stack,
            revision=polled.untaken[:12],
            source=page.source,
            problem=polled.problem,
            older=(page.revision or "")[:12],
        )


def poll_sources(cli: Cli, stacks: Sequence[str], *, only_unknown: bool) -> dict[str, PollRow]:
    """What was pushed a moment ago is planned too: the stacks' sources, or all where a stack is not known yet or none is named.

    Returns the sources whose newest revision could not be taken.
    """
    named, untaken = tuple(stacks), dict[str, PollRow]()
    for one in cli.call(sources_to_poll, stacks=named, unknown_only=only_unknown):
        cli.console.say(f"source {one.source}: polling {one.branch}")
        polled = cli.call(poll_source, one.source, stacks=named)
        if polled.untaken is not None:
            untaken[one.source] = polled
        elif polled.problem and polled.refused is None:
            cli.console.warn(
                f"source {one.source}: {polled.problem}; using the last known revision of its stacks"
            )
        for problem in polled.problems:
            cli.console.warn(problem)
    return untaken


def tell_unread(cli: Cli, run: RunRow) -> None:
    """That a run is not of what was just pushed, since that could not be read."""
    with suppress(NotFound):
        newest = cli.call(show_stack, run.stack).newest
        if newest is not None:
            cli.console.warn(
                f"{run.id} is of {run.revision[:12]}; the newest revision of {run.source}, "
                f"{newest.revision[:12]}, cannot be taken: {newest.problem}"
            )
