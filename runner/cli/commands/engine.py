"""`driftline engine`: the engines that are installed."""

from pathlib import Path

import click

from runner.api.engines import list_engines
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option
from runner.cli.screen.engine import engines_screen
from runner.errors import BadUsage
from runner.model.code.engines import ENGINES

SHA256_LENGTH = 64


@click.group()
def command() -> None:
    """List the installed engines, or install one."""


@command.command("list")
@output_option
@pass_cli
def list_(cli: Cli, output: str) -> None:
    """List every named program with its version and the stacks that get it, or why it is refused."""
    cli.begin_to_list()
    cli.present(output, cli.call(list_engines), engines_screen)


@command.command()
@click.argument("engine", type=click.Choice(list(ENGINES)), metavar="ENGINE")
@click.argument("version", metavar="VERSION")
@click.option(
    "--from",
    "base",
    metavar="DIRECTORY|URL",
    help="Take the release files from this directory, or from a mirror of the vendor's server.",
)
@click.option("--sha256", metavar="HEX", help="SHA-256 of the archive, instead of its vendor's signature.")
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A newer copy of the vendor's public key, with the same fingerprint.",
)
@pass_cli
def install(
    cli: Cli, engine: str, version: str, base: str | None, sha256: str | None, key: Path | None
) -> None:
    """Install exactly VERSION of ENGINE (terraform or tofu) into the data directory, after verifying it.

    gpg checks the vendor's signature with a key that Driftline contains. The daemon never installs an engine.
    """
    from runner.engine.install.install import Trust, Verified
    from runner.engine.install.install import install as put
    from runner.engine.install.place import Place
    from runner.engine.versions.inventory import installed_in
    from runner.host.machine import target
    from runner.model.engine.holes import older_than
    from runner.model.engine.release import release

    if sha256 is not None and not _is_digest(sha256 := sha256.lower()):
        raise BadUsage("--sha256 takes 64 hexadecimal digits", hint="driftline engine install --help")
    cli.creates = True
    wanted = release(engine, version, target(), cli.app.settings.sources)
    cli.begin_installation()
    person = cli.person
    place = Place(base or wanted.vendor.base, wanted)

    def tell(found: Verified) -> None:
        detail = {"sha256": found.sha256, "archive_sha256": found.archive, "verified_by": found.by}
        with cli.app.store.writing() as writer:
            writer.audit_note(
                person.name,
                "engine.install",
                str(wanted),
                {**detail, "from": place.shown if base else "its vendor"},
            )
        cli.console.say(f"{wanted.archive} verified by {found.by}")

    cli.console.say(f"Fetching {wanted} from {place.shown}")
    folder = installed_in(cli.app.settings.data_dir)
    path = put(folder, wanted, place, Trust(key, sha256), tell)
    if path is None:
        cli.console.say(f"{wanted} is already installed")
    else:
        cli.console.data(str(path))
    if hole := older_than(engine, wanted.version):
        cli.console.warn(f"{wanted} is {hole}")
    cli.console.hint("driftline engine list")


def _is_digest(text: str) -> bool:
    return len(text) == SHA256_LENGTH and all(one in "0123456789abcdef" for one in text)
