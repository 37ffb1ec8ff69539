"""How it went over weeks."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.errors import BadUsage
from runner.model.access.role import Role
from runner.view.trends import TrendsPage, trends_page

MOST_DAYS = 366


@operation("GET", "/trends", Role.VIEWER)
def show_trends(caller: Caller, *, days: int = 30) -> TrendsPage:
    """Runs by result, drift opened and resolved, and time to approval and apply, by day; the stacks that fail most."""
    if not 1 <= days <= MOST_DAYS:
        raise BadUsage(f"expected 1 to {MOST_DAYS} days, got {days}")
    with caller.reading() as reader:
        return trends_page(reader, caller.app.clock.now(), days)
