"""Poll sources because somebody asked for it, and re-read every stack file."""

from collections.abc import Sequence
from dataclasses import replace

from runner.model.settings.source import SourceSettings
from runner.service.cycle.poll import Polled, Poller


def sync(poller: Poller, sources: Sequence[SourceSettings], *, by: str) -> dict[str, Polled]:
    """A stack that has left one source may have stood in the way of one in another: those are looked at last."""
    results = {one.name: poller.poll(one, by=by, again=True) for one in sources}
    for one in sources:
        if results[one.name].problems:
            results[one.name] = _both(results[one.name], poller.poll(one, by=by))
    return results


def _both(first: Polled, second: Polled) -> Polled:
    """Both polls as one."""
    return replace(
        second,
        moved=first.moved or second.moved,
        rewritten_from=first.rewritten_from,
        stacks=second.stacks or first.stacks,
    )
