"""The pages that the navigation names, in its order."""

from collections.abc import Callable

from runner.model.access.role import Role
from runner.model.settings.server import Settings
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Place:
    """`icon` is the name of one in `icons.py`; `g` and the `key` lead there. Who lacks the role is not
    shown the way, and neither is anybody where `exists` finds nothing to show.
    """

    path: str
    name: str
    icon: str
    key: str = ""
    role: Role = Role.VIEWER
    exists: Callable[[Settings], bool] = lambda _: True

    def holds(self, path: str) -> bool:
        """Whether it is the page at this path, or one below it."""
        return path == self.path or (self.path != "/" and path.startswith(f"{self.path}/"))


NAVIGATION = (
    Place("/", "Overview", "home", "o"),
    Place("/inbox", "Inbox", "inbox", "i"),
    Place("/stacks", "Stacks", "stacks", "s"),
    Place("/runs", "Runs", "run", "r"),
    Place("/drift", "Drift", "drift", "d"),
    Place("/coverage", "Coverage", "search"),
    Place("/graph", "Graph", "graph", "g"),
    Place("/pulls", "Pull requests", "merge", "p"),
    Place("/promotions", "Promotions", "ahead"),
    Place("/trends", "Trends", "trend", "t"),
    Place("/sources", "Sources", "source"),
    Place("/pools", "Pools", "pools", exists=lambda settings: bool(settings.pools)),
    Place("/notifications", "Notifications", "bell", "n", role=Role.OPERATOR),
    Place("/locks", "Locks", "lock", "l"),
    Place("/audit", "Audit log", "audit", "a"),
    Place("/tokens", "Tokens", "key", role=Role.ADMIN),
)
