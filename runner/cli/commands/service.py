"""`driftline service`: the systemd unit, its user and its configuration; files for nginx, Prometheus and Grafana."""

import grp
import os
import pwd
import sys
from importlib.resources import files
from pathlib import Path

import click

from runner.cli.invocation import Cli, pass_cli
from runner.doctor.finding import scratch
from runner.doctor.service import systemd_says
from runner.errors import Conflict, DriftlineError, NotAllowed
from runner.process.run import Command, run
from runner.systemd.install import (
    STATE_DIR,
    Layout,
    Owner,
    check,
    placements,
    put,
    remove,
    unit,
    useradd,
    worker_example,
)

_worker = click.option("--worker", is_flag=True, help="Of a worker of a pool, instead of the server.")
_prefix = click.option(
    "--prefix",
    type=click.Path(path_type=Path, file_okay=False),
    help="Install below this directory, for a package or an image.",
)


@click.group()
def command() -> None:
    """Install and uninstall the systemd unit, and print files for the programs beside it."""


@command.command()
@click.option("--print", "only_print", is_flag=True, help="Print the unit and change nothing.")
@click.option("--user", default="driftline", help="System user of the service; created if missing.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    default=STATE_DIR,
    help="Data directory, as in the configuration.",
)
@_worker
@_prefix
@pass_cli
def install(cli: Cli, only_print: bool, user: str, data_dir: Path, worker: bool, prefix: Path | None) -> None:
    """Install the unit, its user and an initial configuration. Run it again to update only the unit."""
    layout = Layout(
        program(),
        data_dir=data_dir.absolute(),
        user=user,
        prefix=(prefix or Path("/")).absolute(),
        worker=worker,
    )
    if only_print:
        cli.console.data(*unit(layout).splitlines())
        return
    owner = None
    if prefix is None:
        _refuse_without_root("install")
        check(layout, Path(sys.executable).resolve())
        owner = _owner(cli, layout.user)
    from runner.config.example import example

    config = worker_example(layout) if worker else example(str(layout.data_dir))
    for placed in placements(layout, config):
        cli.console.data(f"{put(placed, owner):<9}  {placed.path}")
    cli.console.say("", "Next:", *(f"  {step}" for step in next_steps(layout)))


@command.command()
@_worker
@_prefix
@pass_cli
def uninstall(cli: Cli, worker: bool, prefix: Path | None) -> None:
    """Remove the unit. Configuration, data and user stay."""
    layout = Layout(program(), prefix=(prefix or Path("/")).absolute(), worker=worker)
    name = layout.unit_name
    if prefix is None:
        _refuse_without_root("uninstall")
        if systemd_says(name, "ActiveState").get("ActiveState") in {
            "active",
            "activating",
            "deactivating",
            "reloading",
        }:
            raise Conflict(
                f"{name} runs",
                hint=f"systemctl disable --now {name.removesuffix('.service')}   (running applies finish first)",
            )
    if not remove(layout):
        cli.console.say(f"{layout.unit} does not exist; nothing removed")
        return
    cli.console.data(f"removed    {layout.unit}")
    cli.console.say(
        "", "Next:", "  systemctl daemon-reload", f"  {layout.config} and {layout.data_dir} were kept"
    )


@command.command()
@pass_cli
def alerts(cli: Cli) -> None:
    """Print alert rules for Prometheus."""
    _print(cli, "alerts.yaml")


@command.command()
@pass_cli
def dashboard(cli: Cli) -> None:
    """Print a dashboard for Grafana."""
    _print(cli, "dashboard.json")


@command.command()
@pass_cli
def nginx(cli: Cli) -> None:
    """Print a site of nginx that stands in front of the web server."""
    _print(cli, "nginx.conf")


def _print(cli: Cli, name: str) -> None:
    cli.console.data(*files("runner.cli").joinpath("beside", name).read_text().splitlines())


def program() -> Path:
    """The command of this installation, as a unit has to name it."""
    beside = Path(sys.executable).with_name("driftline")
    return beside if beside.exists() else Path(sys.argv[0]).absolute()


def next_steps(layout: Layout) -> list[str]:
    if layout.worker:
        return [
            f"edit {layout.config}   then   driftline config validate {layout.config}",
            "systemctl daemon-reload && systemctl enable --now driftline-worker",
            f"sudo -u {layout.user} {layout.program} doctor",
            "and on the server:   driftline worker list",
        ]
    return [
        f"edit {layout.config}   then   driftline config validate {layout.config}",
        "systemctl daemon-reload && systemctl enable --now driftline",
        f"sudo -u {layout.user} {layout.program} doctor",
        f"sudo -u {layout.user} {layout.program} status",
    ]


def _refuse_without_root(wish: str) -> None:
    if os.geteuid() != 0:
        raise NotAllowed(
            who=pwd.getpwuid(os.geteuid()).pw_name,
            wish=f"{wish} the service",
            reason="that takes root",
            hint=f"sudo {program()} service {wish}",
        )


def _owner(cli: Cli, user: str) -> Owner:
    """The service's user, made where there is none."""
    try:
        found = pwd.getpwnam(user)
    except KeyError:
        _add(user)
        found = pwd.getpwnam(user)
        cli.console.data(f"created    user {user}")
    return Owner(found.pw_uid, grp.getgrgid(found.pw_gid).gr_gid)


def _add(user: str) -> None:
    argv = useradd(user)
    with scratch() as folder:
        errors = folder / "errors"
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
        try:
            done = run(Command(argv, folder, env, folder / "output", errors, deadline=60))
            problem = errors.read_text(errors="replace").strip() if done.exit_code else ""
        except OSError as error:
            problem = error.strerror or str(error)
    if problem:
        raise DriftlineError(
            f"system user {user} could not be created: {problem}",
            hint=f"create it by hand, then   {program()} service install --user {user}",
        )
