"""`driftline web`: the dashboard and the API."""

import click

from runner.cli.invocation import Cli, pass_cli
from runner.errors import ExtraMissing
from runner.host import log
from runner.sandbox.hardening import close_to_others


@click.command()
@click.option("--listen", metavar="HOST:PORT", help="Listen here instead of web.listen.")
@click.option("--read-only", is_flag=True, help="Refuse everything that changes something.")
@click.option("--kept", type=int, hidden=True, help="The pipe of the process that keeps this one.")
@pass_cli
def command(cli: Cli, listen: str | None, read_only: bool, kept: int | None) -> int:
    """Serve the dashboard and the API. The daemon does it by itself where web.listen is set.

    Without a daemon, as with `driftline daemon --once` and cron, start it beside it. It then also does what needs Git
    or terraform, such as approving and polling; runs wait for the next pass.
    """
    from runner.app import App
    from runner.process.kept import Pulse

    pulse = None if kept is None else Pulse(kept)
    if pulse is None and not read_only:
        return _keep(cli, listen)
    try:
        from runner.web.serve import serve
    except ModuleNotFoundError as missing:
        raise ExtraMissing(what="the web server", module=missing.name, extra="web") from missing
    close_to_others()
    log.configure(verbose=cli.verbose, quiet=cli.quiet)
    app = App.that_serves(cli.config, read_only=read_only)
    serve(app, listen or app.settings.web.listen, pulse)
    return 0


def _keep(cli: Cli, listen: str | None) -> int:
    """The server as a child that confines itself; what it may not do, it asks of this process."""
    from runner.api.performing import performer
    from runner.app import App
    from runner.daemon.companion import Companion
    from runner.datadir.daemon_lock import serving_daemon
    from runner.datadir.requests_lock import RequestsLock

    close_to_others()
    log.configure(verbose=cli.verbose, quiet=cli.quiet)
    app = App.from_config(cli.config, creates=False)
    data_dir = app.settings.data_dir
    companion = Companion(
        app.control,
        performer(lambda: app),
        RequestsLock(data_dir),
        lambda: serving_daemon(data_dir) is not None,
    )
    words = (*(("--listen", listen) if listen else ()), *cli.loudness)
    return companion.run(app.web_server(*words))
