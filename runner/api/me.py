"""Who you are to the server, and what you may do."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.model.access.access import binding_for
from runner.model.access.role import Role
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class BoundRole:
    role: str
    stacks: tuple[str, ...]


@dataclass(frozen=True)
class MePage:
    """`known_by` is how you came: `token`, `oidc`, `peer`, `link`, or what the command line knows you by.

    Without any role, `binding` is what an operator would write under `web.access` to let you look.
    """

    name: str
    known_by: str
    subjects: tuple[str, ...]
    roles: tuple[BoundRole, ...]
    binding: str | None = None


@operation("GET", "/me", None)
def show_me(caller: Caller) -> MePage:
    """Who you are, how that is known, and your roles."""
    return MePage(
        name=caller.person.name,
        known_by=caller.person.known_by,
        subjects=caller.subjects,
        roles=tuple(BoundRole(one.role, one.stacks) for one in caller.access.bindings),
        binding=None if caller.access.bindings else binding_for(Role.VIEWER, caller.subjects),
    )
