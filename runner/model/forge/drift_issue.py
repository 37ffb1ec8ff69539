"""Issues about drift: which should be open, what they say, and what to do about those that are there."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from runner.model.drift.report import DriftReport, ReportStatus
from runner.model.drift.report_text import finding_lines
from runner.model.drift.suspicion_text import best, line
from runner.model.forge.marker import marker
from runner.model.forge.text import IssueAtForge, IssueText
from runner.model.settings.forge import DriftIssues
from runner.model.values.frozen import dataclass
from runner.model.values.markdown import cell, code, sentence

ROOM = 2_000  # bytes for the marker and the rest beside findings
OVERVIEW = "*"  # no stack has this name
MOST_ROWS = 200
MOST_CAUSES = 10
_RESOLVED = "The drift is resolved."


@dataclass(frozen=True)
class OpenIssue:
    text: IssueText


@dataclass(frozen=True)
class UpdateIssue:
    number: int
    text: IssueText


@dataclass(frozen=True)
class CloseIssue:
    number: int
    comment: str


Step = OpenIssue | UpdateIssue | CloseIssue


def steps(
    source: str,
    reports: Iterable[DriftReport],
    present: Iterable[IssueAtForge],
    rules: DriftIssues,
    limit: int,
    owners: Callable[[str], tuple[str, ...]],
) -> Iterator[Step]:
    """An issue is opened for confirmed drift, changed with it, and closed when it is resolved.

    Drift that a person has acknowledged keeps its issue, and gets no new one. Issues that are open already stay;
    beyond `max_open` the others share one. `owners` of a stack are asked for only where its issue is opened.
    """
    prefix = marker("drift", source).removesuffix(" -->") + "/"
    there = {one.marker: one for one in present if one.marker.startswith(prefix)}
    wanted = [one for one in reports if _is_wanted(one, there.keys(), source)]
    wanted.sort(key=lambda one: (_mark(source, one.stack) not in there, one.first_seen, one.stack))
    texts = [(one.stack, _text(source, one, rules, limit)) for one in wanted[: rules.max_open]]
    if rest := wanted[rules.max_open :]:
        texts.append((OVERVIEW, _overview(source, rest, rules)))
    for stack, text in texts:
        known = there.pop(text.marker, None)
        if known is None:
            yield OpenIssue(replace(text, assignees=_assignees(stack, rules, owners)))
        elif (known.title, _lines(known.body)) != (text.title, _lines(text.body)):
            yield UpdateIssue(known.number, text)
    yield from (CloseIssue(one.number, _RESOLVED) for one in there.values())


def _assignees(stack: str, rules: DriftIssues, owners: Callable[[str], tuple[str, ...]]) -> tuple[str, ...]:
    if rules.assignees != "codeowners":
        return rules.assignees
    return owners(stack) if stack != OVERVIEW else ()


def _is_wanted(of: DriftReport, there: Iterable[str], source: str) -> bool:
    if of.status is ReportStatus.RESOLVED or not of.confirmed:
        return False
    return of.status is ReportStatus.OPEN or _mark(source, of.stack) in there


def _mark(source: str, stack: str) -> str:
    return marker("drift", source, stack)


def _text(source: str, of: DriftReport, rules: DriftIssues, limit: int) -> IssueText:
    causes = _causes(of)
    room = limit - ROOM - sum(len(line.encode()) + 1 for line in causes)
    body = "\n".join((*_head(of), *_findings(of, room), *causes, *_commands(of), ""))
    title = f"Drift in {code(of.stack)}"
    return IssueText(_mark(source, of.stack), title, body, rules.labels)


def _head(of: DriftReport) -> Iterator[str]:
    """Nothing that changes with each check."""
    yield f"{code(of.stack)} differs from what was applied at {code(of.revision[:12])}, first seen {_day(of)} ({of.name})."
    if of.acknowledgement is not None and of.status is ReportStatus.ACKNOWLEDGED:
        known = of.acknowledgement
        yield ""
        yield f"Acknowledged by {code(known.by)} until {known.until:%Y-%m-%d}: {sentence(known.reason)}"
    if of.contest is not None:
        yield ""
        yield f"Contested: {sentence(of.contest.sentence)}"


def _day(of: DriftReport) -> str:
    return f"{of.first_seen:%Y-%m-%d %H:%M} UTC"


def _findings(of: DriftReport, room: int) -> Iterator[str]:
    """As many as fit, those that count first."""
    left = sorted(of.findings, key=lambda one: not one.counts)
    for number, finding in enumerate(left):
        lines = list(finding_lines(finding))
        room -= sum(len(line.encode()) + 1 for line in lines)
        if room < 0:
            yield ""
            yield f"{len(left) - number} more: {code(f'driftline drift show {of.name}')}"
            return
        yield from lines


def _causes(of: DriftReport) -> tuple[str, ...]:
    """The best suspect of each resource. Not when it is looked up again: an issue says nothing that changes by itself."""
    known = of.suspicion
    if known is None or (not known.suspects and not known.final):
        return ()
    named = [f"- {code(line(of, one))}" for one in best(of)][:MOST_CAUSES]
    nobody_found = [f"- {code(one)}: nobody found" for one in known.unexplained][:MOST_CAUSES]
    return ("", "### Who did it", "", *named, *nobody_found)


def _commands(of: DriftReport) -> Iterator[str]:
    yield from ("", "| to | command |", "| --- | --- |")
    for what, command in (
        ("see all of it", f"driftline drift show {of.name}"),
        ("accept it for now", f'driftline drift ack {of.name} -m "..."'),
        ("undo it", f"driftline drift heal {of.name}"),
    ):
        yield f"| {what} | {cell(command)} |"


def _overview(source: str, of: Sequence[DriftReport], rules: DriftIssues) -> IssueText:
    rows = [f"| {cell(one.stack)} | {_day(one)} | {cell(f'driftline drift show {one.name}')} |" for one in of]
    more = [f"| and {len(rows) - MOST_ROWS} more | | |"] if len(rows) > MOST_ROWS else []
    body = "\n".join(
        (
            f"More stacks have drifted than issues may be open ({rules.max_open}).",
            "",
            "| stack | first seen | see it |",
            "| --- | --- | --- |",
            *rows[:MOST_ROWS],
            *more,
            "",
        )
    )
    title = f"Drift in {len(rows)} more {'stack' if len(rows) == 1 else 'stacks'}"
    return IssueText(_mark(source, OVERVIEW), title, body, rules.labels)


def _lines(text: str) -> list[str]:
    """Forges normalize the ends of lines and of the text."""
    return [line.rstrip() for line in text.strip().splitlines()]
