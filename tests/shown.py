"""What `driftline status` shows of an installation."""

from runner.app import App
from runner.view.facts import all_stacks
from runner.view.need import Need
from runner.view.status import status_page


def needs(app: App) -> tuple[Need, ...]:
    host = app.host()
    with app.store.reading() as reader:
        stacks = all_stacks(reader, app.settings, app.clock, host.shortage)
        return status_page(reader, app.settings, host, stacks).needs
