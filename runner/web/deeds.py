"""What people do with a stack from its page: each by an operation, with a reason where it needs one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from runner.api.caller import Caller
from runner.api.locks import release_lock, take_lock
from runner.api.plans import request_plan
from runner.errors import BadUsage
from runner.model.access.role import Role
from runner.view.stack_page import StackPage


@dataclass(frozen=True)
class Deed:
    """`perform` gets the stack and what the form says, and says what came of it. `asks` is what it needs to know."""

    name: str
    button: str
    icon: str
    role: Role
    perform: Callable[[Caller, str, str], str]
    asks: str = ""
    fits: Callable[[StackPage], bool] = lambda _page: True


def _plan(caller: Caller, stack: str, _reason: str) -> str:
    asked = request_plan(caller, stack)
    return f"{asked.run.id} is planning it already." if asked.joined else f"{asked.run.id} will plan it."


def _lock(caller: Caller, stack: str, reason: str) -> str:
    return f"Locked {take_lock(caller, stack, reason=reason).stack}."


def _release(caller: Caller, stack: str, reason: str) -> str:
    return f"Released the lock of {release_lock(caller, stack, reason=reason).holder}."


DEEDS = (
    Deed("plan", "Plan", "run", Role.OPERATOR, _plan),
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
