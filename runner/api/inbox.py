"""What waits for whoever asks."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.model.access.role import Role
from runner.view.inbox import InboxPage, inbox_page


@operation("GET", "/inbox", Role.VIEWER)
def show_inbox(caller: Caller) -> InboxPage:
    """Plans that you may approve, plans that wait for somebody else, and what else your roles let you settle."""
    app = caller.app
    with caller.reading() as reader:
        return inbox_page(reader, app.settings, app.clock, caller.host(), caller.person, caller.access.allows)
