"""Which pull requests to look at again, by their refs and by what is known of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from runner.model.preview.heads import PullHead
from runner.model.preview.pull_request import Hold, PullRequest, PullState
from runner.model.values.frozen import dataclass

Forks = Literal["never", "approved"]
SOON, LATE = timedelta(minutes=1), timedelta(minutes=10)
REF_GONE, BRANCH_GONE = "its ref is gone", "its branch is gone"
NOT_PREVIEWED = "its source previews no pull requests"
# Ends that are over once the head is there again.
_FOR_NOW = frozenset({REF_GONE, BRANCH_GONE, NOT_PREVIEWED})
_FORK: Mapping[Forks, str] = {
    "never": "no branch of this repository has its head, and forks are not planned",
    "approved": "no branch of this repository has its head; a plan runs its code, so a person has to allow it",
}


@dataclass(frozen=True)
class Outlook:
    """`ended` and `held` are decided; `examined` must be merged and read."""

    ended: tuple[PullRequest, ...]
    held: tuple[PullRequest, ...]
    examined: tuple[PullRequest, ...]


def outlook(
    source: str,
    heads: Iterable[PullHead],
    known: Iterable[PullRequest],
    *,
    base: str,
    judged_with: str,
    forks: Forks,
    most: int,
    now: datetime,
) -> Outlook:
    """What to do about each. One that is as it was the last time, on the same base, is in none of the lists.

    A server keeps the refs of requests that were closed long ago. Of heads that no branch has, only the `most` newest
    are considered, and none where forks are never planned.
    """
    before = {one.number: one for one in known}
    found = {one.number: one for one in _present(source, heads, before, now)}
    ended = tuple(_gone(one, found.get(one.number), now) for one in before.values() if _is_gone(one, found))
    open_ones = sorted(
        (one for one in found.values() if one.state is PullState.OPEN),
        key=lambda one: one.number,
        reverse=True,
    )
    allowed = [one for one in open_ones if one.own or (forks == "approved" and one.allowed)]
    strange = [one for one in open_ones if one not in allowed]
    if forks == "never":
        # Only what was planned, or waited, while forks could be allowed.
        strange = [one for one in strange if one.number in before and not before[one.number].own]
    held = [
        *(_held(one, before, Hold.FORK, _FORK[forks], now) for one in strange[:most]),
        *(
            _held(one, before, Hold.LIMIT, f"more than {most} are open (previews.max)", now)
            for one in allowed[most:]
        ),
    ]
    return Outlook(
        ended,
        tuple(one for one in held if one is not None),
        tuple(one for one in allowed[:most] if _stale(one, before.get(one.number), base, judged_with, now)),
    )


def _present(
    source: str, heads: Iterable[PullHead], before: Mapping[int, PullRequest], now: datetime
) -> Iterator[PullRequest]:
    """Each request at its present head. One that has ended is open again if its head has moved, or is back."""
    for head in heads:
        known = before.get(head.number)
        if known is None:
            yield PullRequest(
                source, head.number, head.ref, head.revision, head.own, PullState.OPEN, now, now
            )
        elif known.head != head.revision or (known.reason in _FOR_NOW and head.own):
            yield replace(
                known,
                ref=head.ref,
                head=head.revision,
                own=head.own,
                state=PullState.OPEN,
                changed_at=now,
                reason="",
            )
        else:
            yield replace(known, ref=head.ref, own=head.own)


def _is_gone(known: PullRequest, found: Mapping[int, PullRequest]) -> bool:
    now = found.get(known.number)
    return known.state is PullState.OPEN and (now is None or (known.own and not now.allowed))


def _gone(known: PullRequest, found: PullRequest | None, now: datetime) -> PullRequest:
    if found is None:
        return known.ended(PullState.CLOSED, REF_GONE, now)
    return replace(known, own=False).ended(PullState.CLOSED, BRANCH_GONE, now)


def _held(
    one: PullRequest, before: Mapping[int, PullRequest], hold: Hold, reason: str, now: datetime
) -> PullRequest | None:
    """None if it was held for the same before."""
    known = before.get(one.number)
    if known is not None and (known.head, known.hold, known.reason) == (one.head, hold, reason):
        return None
    return one.held(hold, reason, now)


def _tried_after(failures: int) -> timedelta:
    """Twice as long each time: what fails again and again, such as a request that is too large, is downloaded each time."""
    return min(SOON * (1 << min(max(failures - 1, 0), 10)), LATE)


def _stale(one: PullRequest, known: PullRequest | None, base: str, judged_with: str, now: datetime) -> bool:
    if (
        known is None
        or known.state is not one.state
        or known.head != one.head
        or known.hold in {Hold.FORK, Hold.LIMIT}
    ):
        return True
    if known.hold is Hold.FAILED and now - known.changed_at >= _tried_after(known.failures):
        return True
    return (known.base, known.judged_with) != (base, judged_with)
