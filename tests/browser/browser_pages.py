"""The pages of the dashboard, and where each is seen with something on it."""

from collections.abc import Callable
from dataclasses import dataclass

from rich_world import Rich

KILOBYTE = 1024
BUDGET = 150 * KILOBYTE


@dataclass(frozen=True)
class Place:
    """`route` is as the server writes it; `path` is for somebody who may see all."""

    name: str
    route: str
    path: Callable[[Rich], str]
    budget: int = BUDGET
    who: str = "ana"


def _fixed(route: str, name: str = "", **more: object) -> Place:
    return Place(name or route.strip("/"), route, lambda _: route, **more)  # type: ignore[arg-type]


PLACES = (
    _fixed("/", "overview"),
    _fixed("/inbox"),
    _fixed("/trends"),
    _fixed("/locks"),
    _fixed("/tokens"),
)
