"""Resources that no stack manages, taken into the code of one."""

from typing import Literal

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.errors import BadUsage, Blocked
from runner.model.access.role import Role
from runner.model.execution.daemon_request import AfterCrash
from runner.service.operator import adopt_resources
from runner.view.adopted import AdoptedPage, adopted_page

MOST = 50  # resources at once


@operation("POST", "/adoptions/{stack}", Role.OPERATOR, at_daemon=AfterCrash.REPEAT)
def adopt_into_stack(
    caller: Caller,
    stack: str,
    *,
    resources: tuple[str, ...],
    publish: Literal["none", "branch", "request"] = "none",
) -> AdoptedPage:
    """Code that imports these ARNs into a stack, proved by a plan that changes nothing else.

    Nothing is applied. `publish` pushes it as a branch, or opens a pull request of it.
    """
    if not 1 <= len(resources) <= MOST:
        raise BadUsage(f"expected 1 to {MOST} resources, got {len(resources)}")
    app = caller.app
    # An account belongs to whoever sees everything, and its resources are not named by a stack.
    caller.require(Role.OPERATOR, None, "adopt resources of an account")
    with caller.reading() as reader:
        source = app.settings.required_source(reader.stack(stack).source)
    forge = app.forges.of(source.name) if publish == "request" else None
    if publish == "request" and forge is None:
        raise Blocked(
            f"source {source.name} has no forge, so no pull request can be opened",
            hint=f"driftline drift adopt {resources[0]} --stack {stack} --branch",
        )
    with adopt_resources.adopting(app.control, app.worker.ports, resources, stack) as found:
        if publish == "none" or found.revision is None:
            return adopted_page(found)
        branch = adopt_resources.publish(app.control, app.worker.ports, found, source, caller.person)
        request = None if forge is None else adopt_resources.open_request(forge, found, source)
        return adopted_page(found, branch=branch, request=request)
