"""`driftline status`: one screen that says whether somebody is needed."""

import click

from runner.cli.options import Cli, output_option, pass_cli
from runner.cli.screen.status import status_screen
from runner.view.status import status_page


@click.command()
@output_option
@pass_cli
def command(cli: Cli, output: str) -> None:
    """Show on one screen what needs you, what is running, what drifted, the next check, and the daemon."""
    app, host = cli.app, cli.app.host()
    with app.store.reading() as reader:
        page = status_page(reader, app.settings, app.clock, host)
    cli.present(output, page, lambda page: status_screen(page, host.now))
