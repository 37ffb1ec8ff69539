"""What waits for whoever asks."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.api.recent import recent
from runner.api.stack_facts import reading_stacks
from runner.model.access.role import Role
from runner.view.inbox import InboxPage, inbox_page


@operation("GET", "/inbox", Role.VIEWER)
def show_inbox(caller: Caller) -> InboxPage:
    """Plans that you may approve, plans that wait for somebody else, and what else your roles let you settle."""
    app, host = caller.app, caller.host()

    def work() -> InboxPage:
        with reading_stacks(caller, host.shortage) as (reader, stacks):
            return inbox_page(
                reader, app.settings, app.clock, host, stacks, caller.person, caller.access.allows
            )

    # Two who see the same stacks may have other roles for them.
    return recent(caller, work, caller.person, caller.access, *host.facts)
