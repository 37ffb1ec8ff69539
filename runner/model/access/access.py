"""Who may what: roles are bound to subjects, for the stacks that globs select."""

import json
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

from runner.model.access.role import Role
from runner.model.stack.definition import STRICT
from runner.model.values.frozen import dataclass
from runner.model.values.paths import glob

EVERY_STACK = "**"


@dataclass(frozen=True)
class Binding:
    """A role for subjects, such as `oidc:group:sre`, `oidc:user:ana@example.com`, `token:ci` or `unix:ana`."""

    __pydantic_config__: ClassVar[Any] = STRICT
    role: Literal["viewer", "operator", "approver", "owner", "admin"]
    subjects: tuple[str, ...]
    stacks: tuple[str, ...] = (EVERY_STACK,)


@dataclass(frozen=True)
class Access:
    """What one caller may do: the bindings that name one of their subjects."""

    bindings: tuple[Binding, ...] = ()

    @cached_property
    def unlimited(self) -> bool:
        """Whether every stack is visible, and nothing has to be left out."""
        return any(EVERY_STACK in binding.stacks for binding in self.bindings)

    def allows(self, role: Role, stack: str | None) -> bool:
        """Whether the role is held for the stack; without one, for all stacks. Who looks at no single stack sees their own."""
        if stack is None and role is Role.VIEWER:
            return bool(self.bindings)
        return any(
            Role(binding.role).includes(role) and _covers(binding.stacks, stack) for binding in self.bindings
        )

    def holds(self, role: Role) -> bool:
        """Whether the role is held for any stack."""
        return any(Role(binding.role).includes(role) for binding in self.bindings)

    def sees(self, stack: str) -> bool:
        return self.unlimited or self.allows(Role.VIEWER, stack)


def binding_for(role: Role, subjects: Sequence[str], stack: str | None = None) -> str:
    """What to write under `web.access`, for the first of these subjects."""
    stacks = f", stacks: {json.dumps([stack])}" if stack is not None else ""
    return f"{{role: {role}, subjects: {json.dumps([*subjects[:1]])}{stacks}}}"


EVERYTHING = Access((Binding("admin", ()),))


def access_of(subjects: Collection[str], bindings: Iterable[Binding]) -> Access:
    return Access(tuple(binding for binding in bindings if not set(subjects).isdisjoint(binding.subjects)))


def _covers(globs: tuple[str, ...], stack: str | None) -> bool:
    if EVERY_STACK in globs:
        return True
    return stack is not None and any(glob(one).matches(stack) for one in globs)
