"""Providers that drift checks no longer probe."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.errors import NotFound
from runner.model.access.role import Role
from runner.model.execution.daemon_request import AfterCrash


@operation("POST", "/trust", Role.OWNER, at_daemon=AfterCrash.LOSE)
def trust_provider(caller: Caller, *, provider: str, reason: str) -> None:
    """Probe a provider again, such as "registry.terraform.io/hashicorp/aws 5.100.0", after comparing each stack with a full plan."""
    person = caller.person
    with caller.app.store.writing() as writer:
        found = [one for one in writer.distrust_of() if one.provider.is_called(provider)]
        for one in found:
            # After a crash in between it is still not probed.
            caller.app.engine.forget_provider(one.provider.checksum)
            writer.trust(one.provider.checksum, by=person.name, reason=reason)
    if not found:
        raise NotFound(f'provider "{provider}" is not distrusted', hint="driftline status")
