"""`driftline backup`: the whole installation in one sealed file, while the daemon works."""

from pathlib import Path

import click

from runner.cli.invocation import Cli, pass_cli
from runner.errors import BadUsage
from runner.model.events.feed import BackupBegun
from runner.view.words import counted


@click.command()
@click.argument("target", type=click.Path(path_type=Path), metavar="FILE|FOLDER")
@click.option(
    "--keys",
    "keys_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the keys to this file; store it apart from the backups.",
)
@pass_cli
def command(cli: Cli, target: Path, keys_file: Path | None) -> None:
    """Back up the database, managed states, plans, reports and logs to FILE, or to a new file in FOLDER.

    The backup is encrypted and does not contain its key. It blocks nothing; applies continue.
    """
    from runner.backup.key_ring import KeyRing
    from runner.backup.make import make

    cli.show_warnings()
    app = cli.app
    file = target / f"driftline-{app.clock.now():%Y%m%dT%H%M%SZ}.backup" if target.is_dir() else target
    if not file.absolute().parent.is_dir():
        raise BadUsage(f"directory {file.absolute().parent} does not exist", hint="driftline backup --help")
    person = cli.person
    ring = KeyRing.of(app.settings.data_dir)
    with app.store.writing() as writer:
        about = {"file": str(file), "keys": keys_file is not None}
        writer.audit_note(person.name, "backup.make", "installation", about)
        writer.emit("backup.make", "installation", BackupBegun(person.name, str(file)))
    if keys_file is not None:
        verb = "holds" if ring.write(keys_file) else "already held"
        cli.console.say(f"{keys_file} {verb} the keys: store it apart from the backups.")
    made = make(app, ring, file.absolute())
    size = max(1, file.stat().st_size >> 10)
    cli.console.data(str(file))
    cli.console.say(
        f"{counted(made.states, 'managed state')} and {counted(made.files, 'file')}, {size} KiB, encrypted."
    )
    for state in made.torn:
        cli.console.warn(
            f"{state} was being written during the backup: the backup has the copy from before that"
        )
    if keys_file is None:
        cli.console.hint(
            "the backup does not contain its keys; export them once and store them elsewhere:   driftline backup --keys FILE ..."
        )
