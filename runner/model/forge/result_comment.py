"""The comment on a commit: what came of applying it, stack by stack."""

from collections import Counter
from collections.abc import Sequence

from runner.model.changes.changes import Summary
from runner.model.forge.fit import MARKER_ROOM, listed, size
from runner.model.forge.text import Capabilities
from runner.model.plan.text import summary_text
from runner.model.run.life import HALF_CHANGED, State
from runner.model.values.frozen import dataclass
from runner.model.values.markdown import code, in_table, sentence
from runner.model.values.text import safe_text

SHOWN_STATES = frozenset({State.APPLIED, State.PLAN_FAILED}) | HALF_CHANGED
_FAILURES = frozenset({State.PLAN_FAILED}) | HALF_CHANGED
SHOWN = 300  # characters of a reason
_HEAD = ("", "| stack | result | changes | run |", "| --- | --- | --- | --- |")


@dataclass(frozen=True)
class StackResult:
    """`url` is the page of its run, and `reason` says why it failed."""

    stack: str
    run: str
    state: State
    summary: Summary = Summary()
    reason: str = ""
    url: str | None = None


@dataclass(frozen=True)
class CommitResult:
    revision: str
    stacks: tuple[StackResult, ...]


def result_comment(of: CommitResult, can: Capabilities) -> str:
    """At most as long as the forge takes, with what failed first."""
    begin = [f"### {_headline(of.stacks)}", "", f"Results of {code(of.revision[:12])}."]
    stacks = sorted(of.stacks, key=lambda one: (one.state not in _FAILURES, one.stack))
    room = can.body - MARKER_ROOM - size(begin)
    return "\n".join([*begin, *listed(_HEAD, [_row(one) for one in stacks], _more, room), ""])


def _headline(stacks: Sequence[StackResult]) -> str:
    """Such as `Driftline: 1 apply failed, 2 stacks applied`."""
    counts = Counter(one.state for one in stacks)
    told = [
        (counts[State.APPLY_FAILED], "apply failed", "applies failed"),
        (counts[State.INTERRUPTED], "apply interrupted", "applies interrupted"),
        (counts[State.PLAN_FAILED], "plan failed", "plans failed"),
        (counts[State.APPLIED], "stack applied", "stacks applied"),
    ]
    others = len(stacks) - sum(count for count, _, _ in told)
    told.append((others, "stack planned", "stacks planned"))
    return f"Driftline: {', '.join(f'{n} {one if n == 1 else more}' for n, one, more in told if n)}"


def _row(of: StackResult) -> str:
    run = f"[{code(of.run)}]({of.url})" if of.url else code(f"driftline run show {of.run}")
    return f"| {' | '.join(map(in_table, (code(of.stack), _result(of), summary_text(of.summary), run)))} |"


def _result(of: StackResult) -> str:
    if of.state not in _FAILURES:
        return of.state.in_words
    reason = safe_text(of.reason)
    short = reason if len(reason) <= SHOWN else f"{reason[:SHOWN]} …"
    return f"**{of.state.in_words}**{f': {sentence(short)}' if short else ''}"


def _more(count: int) -> str:
    return f"| and {count} more | | | |"
