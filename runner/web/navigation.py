"""The pages that the navigation names, in its order."""

from dataclasses import dataclass

from runner.model.access.role import Role


@dataclass(frozen=True)
class Place:
    """`icon` is the name of one in `templates/icons.html`; who lacks the role is not shown the way."""

    path: str
    name: str
    icon: str
    role: Role = Role.VIEWER

    def holds(self, path: str) -> bool:
        """Whether it is the page at this path, or one below it."""
        return path == self.path or (self.path != "/" and path.startswith(f"{self.path}/"))


NAVIGATION = (
    Place("/", "Overview", "home"),
    Place("/inbox", "Inbox", "inbox"),
    Place("/stacks", "Stacks", "stacks"),
    Place("/runs", "Runs", "run"),
    Place("/graph", "Graph", "graph"),
    Place("/promotions", "Promotions", "ahead"),
    Place("/trends", "Trends", "trend"),
    Place("/sources", "Sources", "source"),
    Place("/locks", "Locks", "lock"),
    Place("/audit", "Audit log", "audit"),
    Place("/tokens", "Tokens", "key", Role.ADMIN),
)
