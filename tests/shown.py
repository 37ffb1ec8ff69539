"""What `driftline status` shows of an installation."""

from runner.app import App
from runner.view.needs import Need
from runner.view.status import status_page


def needs(app: App) -> tuple[Need, ...]:
    with app.store.reading() as reader:
        return status_page(reader, app.settings, app.clock, app.host()).needs
