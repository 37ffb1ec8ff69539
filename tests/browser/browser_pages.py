"""The pages of the dashboard, and where each is seen with something on it."""

from collections.abc import Callable
from dataclasses import dataclass

from rich_world import LONG_NAME, Rich

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


def _stack(name: str, stack: str) -> Place:
    return Place(f"{name} stack", "/stacks/{stack:path}", lambda _: f"/stacks/{stack}")


def _run(name: str, stack: str, below: str = "") -> Place:
    path = "/runs/{run}" + below
    return Place(
        f"{name} {below.strip('/') or 'run'}",
        path,
        lambda rich: f"/runs/run-{rich.runs[stack]}{below}",
    )


PLACES = (
    _fixed("/", "overview"),
    _fixed("/login", who=""),
    _fixed("/inbox"),
    _fixed("/graph", budget=BUDGET + 500 * KILOBYTE),  # Graphviz
    _fixed("/drift"),
    Place("acknowledged drift", "/drift", lambda _: "/drift?show=acknowledged"),
    Place("drift report", "/drift/{report}", lambda _: "/drift/dr-1"),
    _fixed("/promotions"),
    _fixed("/pulls"),
    _fixed("/trends"),
    _fixed("/coverage"),
    _fixed("/sources"),
    _fixed("/pools"),
    _fixed("/notifications"),
    Place("dropping", "/notifications", lambda _: "/notifications?drop=ops"),
    _fixed("/audit"),
    _fixed("/audit/verify"),
    _fixed("/locks"),
    _fixed("/tokens"),
    _fixed("/api/docs", budget=BUDGET + 200 * KILOBYTE),  # describes everything on one page
    _fixed("/stacks"),
    Place("some stacks", "/stacks", lambda _: "/stacks?drift=drifted&q=app"),
    Place("no stacks", "/stacks", lambda _: "/stacks?q=there-is-none"),
    _stack("drifted", "app/web"),
    _stack("hostile", "app/hostile"),
    _stack("locked", "edge/dns"),
    _stack("paused", "edge/cdn"),
    _stack("broken", "app/broken"),
    _stack("refused", "app/refused"),
    _stack("long", LONG_NAME),
    _fixed("/runs"),
    _run("applied", "network/vpc"),
    _run("waiting", "data/warehouse"),
    _run("hostile", "app/hostile"),
    _run("sensitive", "app/secret"),
    _run("approved", "app/worker"),
    _run("running", "app/running"),
    _run("failed", "app/broken"),
    _run("half applied", "app/cache"),
    _run("rejected", "end/rejected"),
    _run("hostile", "app/hostile", "/log"),
)
ONE_OF_EACH = tuple({place.route: place for place in PLACES}.values())
