"""The pages that the navigation names, in its order."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """`icon` is the name of one in `templates/icons.html`."""

    path: str
    name: str
    icon: str

    def holds(self, path: str) -> bool:
        """Whether it is the page at this path, or one below it."""
        return path == self.path or (self.path != "/" and path.startswith(f"{self.path}/"))


NAVIGATION = (
    Place("/", "Overview", "home"),
    Place("/stacks", "Stacks", "stacks"),
)
