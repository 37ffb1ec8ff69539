"""How what needs a person looks on a page, and where they go on from there."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from urllib.parse import quote

from runner.model.notify.consumer import notification_of
from runner.model.values.frozen import dataclass
from runner.view.need import Need, Why
from runner.web.api.numbers import page_of_name
from runner.web.dashboard.states import Look


@dataclass(frozen=True)
class Group:
    """Needs of one kind. `button` says what somebody does about one of them."""

    look: Look
    button: str
    needs: tuple[Need, ...] = ()


_CROSS, _WARN = ("cross", "fail"), ("warn", "wait")
_GROUPS: Mapping[Why, Group] = {
    Why.DISK: Group(Look(*_CROSS, "Disk full"), "See stacks"),
    Why.BROKER: Group(Look(*_CROSS, "Broker unreachable"), "Open"),
    Why.SILENT: Group(Look(*_CROSS, "Silent applies"), "Open run"),
    Why.POOL: Group(Look(*_CROSS, "Pools without a worker"), "Open pools"),
    Why.PLACE: Group(Look(*_CROSS, "Execute nowhere"), "Open stack"),
    Why.RELOAD: Group(Look(*_CROSS, "Configuration not loaded"), "Open"),
    Why.LINGERS: Group(Look(*_WARN, "Still running"), "Open run"),
    Why.RESTORED: Group(Look(*_WARN, "Database restored"), "Open audit log"),
    Why.CHECKPOINTS: Group(Look(*_WARN, "Audit checkpoints missing"), "Open audit log"),
    Why.APPROVAL: Group(Look("hand", "wait", "Waiting for approval"), "Review"),
    Why.READY: Group(Look("thumb", "run", "Approved and ready"), "Open run"),
    Why.DRIFT: Group(Look("drift", "drift", "Drifted"), "See drift"),
    Why.CHECK: Group(Look(*_WARN, "Failing checks"), "Open stack"),
    Why.LOCK: Group(Look("lock", "wait", "Locked"), "Open stack"),
    Why.FAILED: Group(Look(*_CROSS, "Failed"), "See why"),
    Why.PROBLEM: Group(Look(*_CROSS, "Problems in Git"), "Open stack"),
    Why.MISSING: Group(Look(*_WARN, "No longer in Git"), "Decide"),
    Why.SOURCE: Group(Look(*_CROSS, "Sources"), "Open sources"),
    Why.FORGE: Group(Look(*_CROSS, "Forges"), "Open sources"),
    Why.PROBE: Group(Look(*_WARN, "Not probed"), "Open stack"),
    Why.EVENTS: Group(Look(*_CROSS, "Undelivered events"), "Open notifications"),
    Why.QUEUE: Group(Look(*_CROSS, "Queues of AWS events"), "See stacks"),
}
_PAGES: Mapping[Why, str] = {
    Why.RESTORED: "/audit",
    Why.CHECKPOINTS: "/audit",
    Why.SOURCE: "/sources",
    Why.FORGE: "/sources",
    Why.DISK: "/stacks",
    Why.QUEUE: "/stacks",
    Why.BROKER: "/pools",
    Why.POOL: "/pools",
}


def grouped(needs: Iterable[Need]) -> tuple[Group, ...]:
    """In the order that they come in: the most pressing kind first."""
    return tuple(
        Group(_GROUPS[why].look, _GROUPS[why].button, tuple(found))
        for why, found in groupby(needs, key=lambda need: need.why)
    )


def page_of(need: Need) -> str | None:
    """The page where somebody goes on; None where only a command does."""
    if need.why in _PAGES:
        return _PAGES[need.why]
    if (page := page_of_name(need.name)) is not None:
        return page
    if need.why is Why.EVENTS:
        return "/notifications" if notification_of(need.name) else None
    if need.stack is not None:
        return f"/stacks/{quote(need.stack)}"
    return "/sources" if need.why is Why.PROBLEM else None
