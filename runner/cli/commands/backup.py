"""`driftline backup`: the whole installation in one sealed file, while the daemon works."""

from pathlib import Path

import click

from runner.cli.options import Cli, pass_cli
from runner.errors import BadUsage
from runner.view.words import counted


@click.command()
@click.argument("target", type=click.Path(path_type=Path), metavar="FILE|FOLDER")
@click.option(
    "--keys",
    "keys_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the keys there too; keep that file elsewhere than the backups.",
)
@pass_cli
def command(cli: Cli, target: Path, keys_file: Path | None) -> None:
    """Write database, managed states, plans, reports and logs to FILE, or to a new file in FOLDER.

    The file is encrypted with a key that is not in it. Nothing waits for it, and applies go on.
    """
    from runner.backup.key_ring import KeyRing
    from runner.backup.make import make

    cli.tell_warnings()
    app = cli.app
    file = target / f"driftline-{app.clock.now():%Y%m%dT%H%M%SZ}.backup" if target.is_dir() else target
    if not file.absolute().parent.is_dir():
        raise BadUsage(f"there is no folder {file.absolute().parent}", hint="driftline backup --help")
    person = cli.person
    ring = KeyRing.of(app.settings.data_dir)
    with app.store.writing() as writer:
        about = {"file": str(file), "keys": keys_file is not None}
        writer.audit_note(person.name, "backup.make", "installation", about)
    if keys_file is not None:
        told = "holds" if ring.write(keys_file) else "already held"
        cli.console.say(f"{keys_file} {told} the keys: keep it elsewhere than the backups.")
    made = make(app, ring, file.absolute())
    size = max(1, file.stat().st_size >> 10)
    cli.console.data(str(file))
    cli.console.say(
        f"{counted(made.states, 'managed state')} and {counted(made.files, 'file')}, {size} KiB, encrypted."
    )
    for state in made.torn:
        cli.console.warn(
            f"{state} was being written all the while: the copy from before that is in the backup"
        )
    if keys_file is None:
        cli.console.hint(
            "the keys that open it are not in it; once, and kept elsewhere:   driftline backup --keys FILE ..."
        )
