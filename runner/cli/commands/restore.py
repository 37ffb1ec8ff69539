"""`driftline restore`: a backup into an empty data directory."""

from pathlib import Path

import click

from runner.cli.invocation import Cli, pass_cli


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--keys",
    "keys_file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Key file written by `driftline backup --keys`.",
)
@click.option("--print-config", is_flag=True, help="Only print the configuration stored in the backup.")
@pass_cli
def command(cli: Cli, file: Path, keys_file: Path, print_config: bool) -> None:
    """Restore the backup FILE into the empty data_dir of the configuration, completely or not at all."""
    from runner.backup.key_ring import KeyRing
    from runner.backup.restore import config_in, restore
    from runner.cli.person import who_acts

    ring = KeyRing.read(keys_file)
    if print_config:
        cli.console.data(*config_in(file, ring).decode(errors="replace").splitlines())
        return
    cli.show_warnings()
    found = restore(cli.app, file, ring, who_acts())
    data_dir = cli.app.settings.data_dir
    cli.console.say(
        f"Restored {data_dir} to its state at {found.header.made}. Everything since then is missing from it."
    )
    if found.message:
        cli.console.warn(found.message)
    for run in found.waiting:
        cli.console.warn(
            f"{run.name} of {run.stack} awaits approval here, but may have been approved or rejected since the backup"
        )
    for pool in found.drained:
        cli.console.warn(
            f"pool {pool} is drained: its workers may still execute what they began since the backup. Once none of them does:"
            f"   driftline pool resume {pool}"
        )
    for lock in found.locked:
        cli.console.warn(f"{lock.stack} is locked: {lock.reason}")
    cli.console.hint("driftline doctor   then   driftline status   then start the daemon")
