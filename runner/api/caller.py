"""Who asks, of which installation, and what they may see and do there."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from runner.errors import RoleMissing, StackNotFound
from runner.model.access.access import EVERYTHING, Access, binding_for
from runner.model.access.role import Role
from runner.model.values.frozen import dataclass

if TYPE_CHECKING:
    from runner.api.daemon_process import DaemonProcess
    from runner.api.veil import Veil
    from runner.app import App
    from runner.model.approval.approval import Person
    from runner.ports.records.store import Reader
    from runner.view.host import Host


@dataclass(frozen=True)
class Caller:
    """`who` is asked only where something is changed: to know it may take work.

    `session` is the digest of the login they came by, if they came by one.

    `daemon` performs what needs remotes or terraform, for a process that may use neither.
    """

    app: "App"
    who: "Callable[[], Person]"
    access: Access = EVERYTHING
    name: str = "this user"
    daemon: "DaemonProcess | None" = None
    subjects: tuple[str, ...] = ()
    session: str | None = None

    @cached_property
    def person(self) -> "Person":
        return self.who()

    @property
    def on_host(self) -> bool:
        """Whether they may open the database themselves: no binding gives or limits what they may do."""
        return self.access is EVERYTHING

    def require(self, role: Role, stack: str | None, wish: str) -> None:
        """RoleMissing unless the caller has the role for this stack, or for all; StackNotFound if they may not see it."""
        if stack is not None and not self.access.sees(stack):
            raise StackNotFound(stack=stack)
        if not self.access.allows(role, stack):
            raise self.lacks(role, stack, wish)

    def lacks(self, role: Role, stack: str | None, wish: str) -> RoleMissing:
        """With the binding that would give them the role."""
        return RoleMissing(
            who=self.name,
            role=role,
            stack=stack or ("all stacks" if self.access.bindings else "any stack"),
            operation=wish,
            binding=binding_for(role, self.subjects, stack),
        )

    def may_change(self, role: Role, stack: str | None) -> bool:
        """Whether what needs this role is to be offered: not by a server that changes nothing."""
        return not self.app.read_only and self.access.allows(role, stack)

    @property
    def sight(self) -> Hashable:
        """Equal for callers who see the same stacks."""
        return self.access.unlimited or self.access.bindings

    @property
    def second(self) -> datetime:
        return self.app.clock.now().replace(microsecond=0)

    @contextmanager
    def reading(self) -> "Iterator[Reader]":
        """The records, as far as the caller may see them."""
        with self.app.store.reading() as reader:
            if self.access.unlimited:
                yield reader
                return
            from runner.api.scope.reader import ScopedReader

            yield ScopedReader(reader, self.access.sees)

    def host(self) -> "Host":
        """Facts about the host, as far as they concern stacks that the caller sees."""
        host = self.app.host()
        if self.access.unlimited:
            return host
        with self.reading() as reader:
            return replace(
                host,
                answers={name: at for name, at in host.answers.items() if reader.sees_source(name)},
                leftovers=(),
                refused=None,
                broker=None,
            )

    def veil(self) -> "Veil":
        """Over the names that the caller may not know."""
        from runner.api.veil import Veil

        stages = {name for one in self.app.settings.promotion for name in one.order}
        with self.reading() as reader:
            return Veil.of(reader, stages)
