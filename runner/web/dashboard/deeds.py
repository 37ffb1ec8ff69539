"""What people do with a stack from its page: each by an operation, with a reason where it needs one."""

from collections.abc import Callable, Iterator

from runner.api.caller import Caller
from runner.api.checks import request_checks
from runner.api.locks import release_lock, take_lock
from runner.api.pauses import pause_stack, resume_stack
from runner.api.plans import request_plan
from runner.errors import BadUsage
from runner.model.access.role import Role
from runner.model.values.frozen import dataclass
from runner.model.values.span import Seconds
from runner.view.stack_page import StackPage

LENGTHS = {"4h": "4 hours", "1d": "a day", "3d": "3 days", "1w": "a week", "": "until it is resumed"}


@dataclass(frozen=True)
class Given:
    """What the form says."""

    reason: str = ""
    length: str = ""


@dataclass(frozen=True)
class Deed:
    """`perform` says what came of it. `asks` is what it needs a reason for, `lengths` how long it may last."""

    name: str
    button: str
    icon: str
    role: Role
    perform: Callable[[Caller, str, Given], str]
    asks: str = ""
    lengths: bool = False
    fits: Callable[[StackPage], bool] = lambda _page: True


def _plan(caller: Caller, stack: str, _given: Given) -> str:
    asked = request_plan(caller, stack)
    return f"{asked.run.id} is planning it already." if asked.joined else f"{asked.run.id} will plan it."


def _check(caller: Caller, stack: str, _given: Given) -> str:
    asked = request_checks(caller, stacks=(stack,))
    if stack in asked.skipped:
        raise BadUsage(f"{stack} is not checked: {asked.skipped[stack]}")
    return f"{asked.runs[0].id} will check it for drift."


def _pause(caller: Caller, stack: str, given: Given) -> str:
    if given.length not in LENGTHS:
        raise BadUsage(f"expected a length, got {given.length!r}")
    length = Seconds.parse(given.length) if given.length else None
    paused = pause_stack(caller, stack, reason=given.reason, length=length)
    end = f" until {paused.until:%Y-%m-%d %H:%M} UTC" if paused.until else ""
    return f"Paused {stack}{end}. Approved plans are still applied."


def _resume(caller: Caller, stack: str, _given: Given) -> str:
    if resume_stack(caller, stack).stays_paused:
        return f"{stack} stays paused: its definition in Git says so."
    return f"Resumed {stack}."


def _lock(caller: Caller, stack: str, given: Given) -> str:
    return f"Locked {take_lock(caller, stack, reason=given.reason).stack}."


def _release(caller: Caller, stack: str, given: Given) -> str:
    return f"Released the lock of {release_lock(caller, stack, reason=given.reason).holder}."


def _is_paused(page: StackPage) -> bool:
    return page.pause is not None


DEEDS = (
    Deed("plan", "Plan", "run", Role.OPERATOR, _plan),
    Deed(
        "check",
        "Check drift",
        "drift",
        Role.OPERATOR,
        _check,
        fits=lambda page: page.applied_revision is not None,
    ),
    Deed(
        "pause",
        "Pause",
        "pause",
        Role.OPERATOR,
        _pause,
        asks="Why should it be left alone?",
        lengths=True,
        fits=lambda page: not _is_paused(page),
    ),
    Deed("resume", "Resume", "run", Role.OPERATOR, _resume, fits=_is_paused),
    Deed(
        "lock",
        "Lock",
        "lock",
        Role.OWNER,
        _lock,
        asks="Why should nobody plan or apply it?",
        fits=lambda page: page.lock is None,
    ),
    Deed(
        "release",
        "Release lock",
        "lock",
        Role.OWNER,
        _release,
        asks="Why is it safe to go on?",
        fits=lambda page: page.lock is not None,
    ),
)


def possible(caller: Caller, page: StackPage) -> Iterator[Deed]:
    """What this caller may do with the stack as it stands."""
    for deed in DEEDS:
        if caller.access.allows(deed.role, page.name) and deed.fits(page):
            yield deed


def deed_named(name: str) -> Deed:
    found = next((deed for deed in DEEDS if deed.name == name), None)
    if found is None:
        raise BadUsage(f"expected one of {', '.join(deed.name for deed in DEEDS)}, got {name!r}")
    return found
