"""Requests to the daemon that were not answered at once."""

from typing import Any

from runner.api.asking import wait
from runner.api.caller import Caller
from runner.api.daemon_process import DaemonProcess
from runner.api.operation import operation
from runner.errors import NotFound
from runner.model.access.role import Role


@operation("GET", "/requests/{request}", Role.VIEWER)
def follow_request(caller: Caller, request: int) -> Any:
    """Wait a few seconds for the daemon's answer to a request of your own."""
    with caller.reading() as reader:
        found = reader.daemon_request(request)
    if found.person != caller.person and not caller.access.allows(Role.ADMIN, None):
        raise NotFound(what="request", name=str(request), hint="driftline status")
    return wait(caller.app, caller.daemon or DaemonProcess(), request)
