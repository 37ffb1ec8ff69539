"""The comment on a pull request: a table of its stacks, each plan as a folded diff, and what happens after the merge.

Every name and value in it is untrusted and stands as code. What does not fit is cut where it is biggest; the
comment says so, and where the rest is.
"""

import html
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from runner.model.changes.changes import Summary
from runner.model.forge.fit import MARKER_ROOM, first, listed, share, size
from runner.model.forge.plan_block import plan_lines
from runner.model.forge.planned import Answer, PlannedRequest, PlannedStack, PlanState
from runner.model.forge.text import Capabilities
from runner.model.plan.text import summary_text
from runner.model.values.frozen import dataclass
from runner.model.values.markdown import block, code, in_table, sentence
from runner.model.values.text import safe_text

DIGITS = 20  # of a digest that is shown to be copied
LEAST_LINES = 8  # of a plan: fewer say too little
MOST_NAMES = 10
SECTIONS = 3  # what is said besides gets a third of the room,
RESERVED = 8  # and an eighth of it even if the table takes the rest
MOST_ANSWERS = 10
SHOWN = 300  # characters of a reason

_COUNTS = ("create", "update", "replace", "delete")
_HEAD = ("", "| stack | + | ~ | -/+ | - | plan |", "| --- | ---: | ---: | ---: | ---: | --- |")
_ORDER = {state: rank for rank, state in enumerate(PlanState)}


def comment(of: PlannedRequest, can: Capabilities) -> str:
    """At most as long as the forge takes, with room for the marker."""
    limit = can.body - MARKER_ROOM
    stacks = sorted(of.stacks, key=lambda one: (_ORDER[one.state], one.stack))
    begin, end, note = [f"### {headline(of)}", *_facts(of)], list(_footer(of)), _cut_note(of)
    room = limit - size([*begin, *end, *note])
    table = _table(stacks, room - limit // RESERVED)
    room -= size(table)
    sections = _sections(of, stacks, min(room, limit // SECTIONS))
    plans = [_Plan.of(one, can) for one in stacks if _has_plan(one)]
    drawn, cut = _fitted(plans, room - size(sections))
    return "\n".join([*begin, *table, *drawn, *(note if cut else ()), *sections, *end, ""])


def headline(of: PlannedRequest) -> str:
    """Such as `Driftline: 2 stacks planned, 1 plan failed`."""
    if of.problem:
        return "Driftline: not planned"
    counts = Counter(one.state for one in of.stacks)
    told = [_told(counts[state], state) for state in PlanState if counts[state]]
    if of.problems:
        told.insert(
            0, f"{len(of.problems)} {'problem' if len(of.problems) == 1 else 'problems'} in stack files"
        )
    if of.beyond:
        told.append(of.beyond)
    return f"Driftline: {', '.join(told) or 'no stack is touched'}"


_TOLD: dict[PlanState, tuple[str, str]] = {
    PlanState.FAILED: ("1 plan failed", "{} plans failed"),
    PlanState.REFUSED: ("1 plan refused by policy", "{} plans refused by policy"),
    PlanState.PLANNED: ("1 stack changes", "{} stacks change"),
    PlanState.WAITING: ("1 stack waits", "{} stacks wait"),
    PlanState.NO_CHANGES: ("1 stack without changes", "{} stacks without changes"),
}


def _told(count: int, state: PlanState) -> str:
    one, several = _TOLD[state]
    return one if count == 1 else several.format(count)


def _facts(of: PlannedRequest) -> Iterator[str]:
    yield ""
    if of.base:
        yield f"This request is for {code(_short(of.base))}. Merged into {code(_short(of.branch))} instead, it would do this:"
        yield ""
    if of.problem:
        hint = f" ({code(of.hint)})" if of.hint else ""
        yield f"{code(of.revision[:12])} is not planned: {_told_of(of.problem)}{hint}"
    else:
        yield f"Planned as if {code(of.revision[:12])} were merged."


# The table


def _table(stacks: Sequence[PlannedStack], room: int) -> list[str]:
    """All rows; if even they are too many, the first ones, which need people most."""
    return listed(_HEAD, list(map(_row, stacks)), _more_rows, room)


def _more_rows(count: int) -> str:
    return f"| and {count} more | | | | | |"


def _row(of: PlannedStack) -> str:
    counts = [str(getattr(of.summary, name) or "") for name in _COUNTS]
    name = code(of.stack)
    linked = f"[{name}]({of.url})" if of.url else name
    return f"| {' | '.join(map(in_table, [linked, *counts, _plan(of)]))} |"


def _plan(of: PlannedStack) -> str:
    state = f"**{of.state}**" if of.state in {PlanState.FAILED, PlanState.REFUSED} else of.state
    besides = replace(of.summary, **dict.fromkeys(_COUNTS, 0))
    more = f"; {summary_text(besides)}" if besides != Summary() else ""
    note = f": {_told_of(of.note)}" if of.note else ""
    return f"{state}{more}{note}"


def _told_of(text: str) -> str:
    return sentence(_short(text))


def _short(text: str) -> str:
    safe = safe_text(text)
    return safe if len(safe) <= SHOWN else f"{safe[:SHOWN]} …"


# The plans


def _has_plan(of: PlannedStack) -> bool:
    return bool(of.errors) or (of.changes is not None and not of.changes.empty)


@dataclass(frozen=True)
class _Plan:
    """`lines` may be cut at their end: a plan begins with what it destroys."""

    begin: tuple[str, ...]
    lines: tuple[str, ...]
    end: tuple[str, ...]
    kind: str

    @classmethod
    def of(cls, one: PlannedStack, can: Capabilities) -> "_Plan":
        kind, lines = "", tuple(f" {safe_text(line)}" for line in one.errors)
        if not lines and one.changes is not None:
            kind, lines = "diff", tuple(plan_lines(one.changes))
        if not can.details:
            return cls(("", f"{code(one.stack)}:", ""), lines, (), kind)
        # Markdown has no code inside a line of HTML.
        told = summary_text(one.summary) if kind else one.state
        title = f"<code>{html.escape(safe_text(one.stack))}</code> {told}"
        return cls(("", f"<details><summary>{title}</summary>", ""), lines, ("", "</details>"), kind)

    @property
    def size(self) -> int:
        return size(self._drawn(self.lines))

    def within(self, room: int) -> list[str]:
        """As many lines as fit; nothing where those would say too little."""
        if self.size <= room:
            return self._drawn(self.lines)
        kept = first(self.lines, room - size(self._drawn((f" … {len(self.lines)} more lines",))))
        more = len(self.lines) - len(kept)
        return self._drawn((*kept, f" … {more} more lines")) if len(kept) >= LEAST_LINES else []

    def _drawn(self, lines: Iterable[str]) -> list[str]:
        return [*self.begin, *block(lines, self.kind), *self.end]


def _fitted(plans: Sequence[_Plan], room: int) -> tuple[list[str], bool]:
    """All plans, of which the biggest are cut first; whether any is."""
    most = share([one.size for one in plans], room)
    drawn = [line for one in plans for line in one.within(most)]
    return drawn, any(one.size > most for one in plans)


# What comes after


def _sections(of: PlannedRequest, stacks: Sequence[PlannedStack], room: int) -> list[str]:
    sections = (
        ("Problems in stack files", [f"- {_told_of(one)}" for one in of.problems]),
        ("After the merge", list(_after_merge(stacks))),
        ("Drift that was there before", [_line(one, _told_of(one.drift)) for one in stacks if one.drift]),
        ("To approve a plan, comment", [_line(one, _approval(one)) for one in stacks if one.digest]),
        ("Answers", [_answer(one) for one in of.answers[-MOST_ANSWERS:]]),
    )
    most = share([size(_section(title, lines, room)) for title, lines in sections], room)
    return [line for title, lines in sections for line in _section(title, lines, most)]


def _section(title: str, lines: Sequence[str], room: int) -> list[str]:
    return listed(("", f"**{title}**", ""), lines, _more, room)


def _more(count: int) -> str:
    return f"- and {count} more"


def _line(of: PlannedStack, text: str) -> str:
    return f"- {code(of.stack)}: {text}"


def _after_merge(stacks: Sequence[PlannedStack]) -> Iterator[str]:
    """Stacks to which the same happens share a line."""
    found: dict[tuple[str, ...], list[str]] = {}
    for one in stacks:
        if one.after:
            found.setdefault(one.after, []).append(one.stack)
    for after, names in found.items():
        yield f"- {_names(names)}: {'; '.join(map(_told_of, after))}"


def _approval(of: PlannedStack) -> str:
    approved = f" (approved by {_names(of.approved_by)})" if of.approved_by else ""
    return code(f"driftline approve {of.digest[:DIGITS]}") + approved


def _answer(of: Answer) -> str:
    hint = f" ({code(_short(of.hint))})" if of.hint else ""
    return f"- {code(_short(of.command))} by {code(_short(of.author))}: {_told_of(of.outcome)}{hint}"


def _names(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join([*map(code, names[:MOST_NAMES]), *([f"{more} more"] if more > 0 else [])])


def _footer(of: PlannedRequest) -> Iterator[str]:
    page = f"[on the dashboard]({of.url}), or " if of.url else ""
    yield from ("", f"Everything: {page}with {code(of.command)}. Commands: {code('driftline help')}")


def _cut_note(of: PlannedRequest) -> list[str]:
    page = f"[The dashboard]({of.url})" if of.url else code(of.command)
    return ["", f"_Plans are shortened here. {page} shows all of them._"]
