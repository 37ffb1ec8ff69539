"""What the accounts have that no stack manages."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.errors import BadUsage, Blocked
from runner.model.access.role import Role
from runner.model.execution.daemon_request import AfterCrash
from runner.model.inventory.listing import ResourceFilter
from runner.service.drift.coverage import list_accounts
from runner.view.coverage import CoveragePage, coverage_page

MOST = 100_000


@operation("GET", "/coverage", Role.VIEWER)
def show_coverage(
    caller: Caller,
    *,
    account: str | None = None,
    region: str | None = None,
    type: str | None = None,  # noqa: A002 - the name of the parameter in the API
    left_out: bool = False,
    limit: int = 200,
) -> CoveragePage:
    """How much of the accounts the stacks manage, by type, and the resources that no stack manages.

    `left_out` includes resources that do not count. `limit` is of the resources; counts are of all.
    """
    if not 0 <= limit <= MOST:
        raise BadUsage(f"expected a limit from 0 to {MOST}, got {limit}")
    where = ResourceFilter(account, region, type, left_out, limit)
    with caller.reading() as reader:
        listed = {one.place.account for one in reader.listings()}
        if listed and account is not None and account not in listed:
            raise Blocked(
                f"account {account} is not listed",
                hint="set inventory: true for it, below aws in the configuration",
            )
        return coverage_page(reader, caller.app.clock.now(), where)


@operation("POST", "/coverage", Role.OPERATOR, at_daemon=AfterCrash.REPEAT)
def list_resources(caller: Caller, *, account: str | None = None, region: str | None = None) -> CoveragePage:
    """List the accounts now, and compare them with what the stacks manage."""
    app = caller.app
    if app.inventory is None:
        raise Blocked(
            "no account of the configuration is listed",
            hint="set inventory: true for an account below aws in the configuration",
        )
    list_accounts(app.control, app.inventory, account, region)
    with caller.reading() as reader:
        return coverage_page(reader, app.clock.now(), ResourceFilter(account, region))
