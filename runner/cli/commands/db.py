"""`driftline db`: copy the database, look through it, bring it to this version's schema."""

import shlex
from pathlib import Path

import click

from runner.cli.invocation import Cli, pass_cli
from runner.errors import Conflict, DriftlineError
from runner.store.faults import restore_hint


class DatabaseDamaged(DriftlineError):
    """the database {path} has problems"""


@click.group()
def command() -> None:
    """Back up, check and migrate the database."""


@command.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
@pass_cli
def backup(cli: Cli, file: Path, force: bool) -> None:
    """Write a verified copy to FILE while the daemon keeps running. `cp` on a live database may lose the newest rows."""
    if file.exists() and not force and not _is_database(cli, file):
        raise Conflict(
            f"{file} already exists",
            hint=f"use another name, or   driftline db backup --force {shlex.quote(str(file))}",
        )
    cli.app.store.backup(file.absolute())
    cli.console.say(f"{file} written and verified ({file.stat().st_size // 1024} KiB)")


@command.command()
@pass_cli
def check(cli: Cli) -> None:
    """Check pages, references, schema and audit log, and whether the database was rolled back. Changes nothing."""
    from runner.model.audit.restored import detail, sentence
    from runner.service.cycle.restored import find_restored

    path = _path(cli)
    problems = cli.app.store.problems()
    older = None if problems else find_restored(cli.app.control)
    if older is not None and older.loss is not None and older.loss.replaced:
        problems.append(sentence(detail(older)))
    if problems:
        cli.console.data(*problems)
        raise DatabaseDamaged(path=path, hint=restore_hint(path))
    if older is not None:
        cli.console.warn(
            f"{sentence(detail(older))}; the next daemon start, or the next command that writes, records it"
        )
    cli.console.say(f"{path} is valid")


@command.command()
@pass_cli
def migrate(cli: Cli) -> None:
    """Migrate the database to the schema of this version and keep a copy of the old one.

    Every command migrates when it opens the database; this one only migrates, and reports the result.
    """
    from runner.store.upgrade import version

    cli.creates = True
    path = _path(cli)
    before = schema_of(path)
    _ = cli.app.store
    if before == version():
        cli.console.say(f"{path} already has schema {before}; nothing to do")
    elif not before:
        cli.console.say(f"{path} created with schema {version()}")
    else:
        cli.console.say(
            f"{path} migrated from schema {before} to {version()}; a copy of the old one is {path}.before-{before + 1}"
        )


def _is_database(cli: Cli, file: Path) -> bool:
    """Which is refused with and without --force."""
    database = _path(cli)
    return database.exists() and file.samefile(database)


def schema_of(path: Path) -> int:
    """The number of the schema that the file has, looked up without changing it; 0 where there is none."""
    import sqlite3
    from contextlib import closing

    from runner.store.faults import translated_errors

    if not path.exists():
        return 0
    with (
        translated_errors(path),
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection,
    ):
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _path(cli: Cli) -> Path:
    from runner.store.database import FILE_NAME

    return cli.app.settings.data_dir / FILE_NAME
