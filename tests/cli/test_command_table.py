import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from cli_world import World
from click.testing import CliRunner

from runner.cli.main import COMMANDS, main

# Every command that outsiders know, with the options that they use.
PROMISED: dict[str, str] = {
    "init": "--scan --diff --dry-run --force --yes -o",
    "import": "--format --out --diff --dry-run --force --yes -o",
    "demo": "",
    "doctor": "-o",
    "daemon": "--once",
    "status": "-o",
    "plan": "-l --yes --ref --target --destroy --ignore-dependencies --straight -m --no-wait --detailed-exitcode -o",
    "promote": "--to -m --no-wait -o",
    "approve": "-l --stack --source --digest -m --yes --confirm",
    "reject": "-l --stack --source -m --yes",
    "history": "--stack --by --since --until --absolute -o",
    "pause": "-l -m --message --reason --for --until --yes",
    "resume": "-l --yes",
    "apply": "-l --stack --source --yes --break-glass -m",
    "logs": "-f",
    "stack list": "-l -o",
    "stack show": "-o",
    "stack validate": "",
    "stack graph": "-l -o",
    "stack history": "--stack --by --since --until --absolute -o",
    "stack pause": "-l -m --message --reason --for --until --yes",
    "stack accept-state": "-m --yes",
    "stack forget": "-m --yes",
    "stack rename": "--yes",
    "stack resume": "-l --yes",
    "run list": "--state --stack --kind -o",
    "run show": "-o",
    "run diff": "",
    "run wait": "",
    "run cancel": "--force",
    "run resolve": "--as -m --state-pushed --yes -o",
    "run artifact": "",
    "drift check": "-l --acknowledged --all -o",
    "drift list": "--open --all -o",
    "drift show": "-o",
    "drift ack": "--until -m",
    "drift heal": "",
    "drift accept": "--patch --branch --pull-request -o",
    "drift adopt": "--stack --patch --branch --pull-request -o",
    "drift coverage": "--account --region --type --all --now -n -o",
    "drift trust": "-m",
    "lock list": "-o",
    "lock take": "--reason",
    "lock release": "--reason",
    "lock force-unlock": "--reason --yes",
    "notify list": "-o",
    "notify test": "--topic",
    "notify retry": "--all",
    "notify drop": "--all --yes",
    "state list": "-o",
    "state show": "--version -o",
    "state diff": "-o",
    "state rollback": "--to --yes",
    "state pull": "--version",
    "state push": "--force --yes",
    "state import": "--yes",
    "pr list": "--source --all -o",
    "pr show": "--source -o",
    "pr allow": "--head --source",
    "source list": "-o",
    "source sync": "",
    "source check": "",
    "token create": "--expires -o",
    "token link": "--url",
    "login": "--token",
    "logout": "",
    "whoami": "-o",
    "token list": "-o",
    "token revoke": "",
    "session list": "-o",
    "session end": "",
    "web": "--listen",
    "worker list": "-o",
    "worker forget": "--force --yes",
    "pool list": "-o",
    "pool drain": "-m --reason",
    "pool resume": "",
    "aws events setup": "--print --as",
    "engine list": "-o",
    "engine install": "--from --sha256 --key",
    "aws policy": "--daemon --why",
    "policy list": "-o",
    "policy test": "--engine -o",
    "policy eval": "--plan --stack -o",
    "events": "-f --after --topic --stack --dead -o",
    "audit log": "--stack --subject --by --actor --since --until --absolute -o",
    "audit verify": "",
    "audit export": "--since --until",
    "config validate": "",
    "config show": "",
    "config schema": "--kind",
    "backup": "--keys",
    "restore": "--keys --print-config",
    "db backup": "",
    "db check": "",
    "db migrate": "",
    "service install": "--print",
    "service uninstall": "",
    "service alerts": "",
    "service dashboard": "",
    "service nginx": "",
    "completion": "",
    "version": "",
}
HEAVY = {
    "grpc",
    "pydantic",
    "rich",
    "structlog",
    "git",
    "boto3",
    "hcl2",
    "apscheduler",
    "sqlite_utils",
    "requests",
}
EVERYWHERE = {"-c", "--config", "-q", "--quiet", "-v", "--verbose", "--no-color"}


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


TREE = dict(leaves(main))


def options(command: click.Command) -> set[str]:
    return {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}


@pytest.mark.parametrize("name", PROMISED)
def test_every_promised_command_exists_with_its_options(name: str) -> None:
    assert set(PROMISED[name].split()) <= options(TREE[name])


def test_nothing_exists_that_is_not_in_the_table() -> None:
    assert set(TREE) == set(PROMISED)


@pytest.mark.parametrize("name", PROMISED)
def test_the_common_options_may_stand_after_every_command(name: str) -> None:
    assert options(TREE[name]) >= EVERYWHERE


def test_the_help_of_a_command_says_what_the_table_says_it_is_for() -> None:
    assert all(text.endswith(".") for section in COMMANDS.values() for text in section.values())


@pytest.mark.parametrize("name", PROMISED)
def test_every_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(main, [*name.split(), "--help"])
    assert result.exit_code == 0
    assert TREE[name].help


def test_help_imports_no_command() -> None:
    code = """
import sys
from click.testing import CliRunner
from runner.cli.main import _MODULES, main
assert CliRunner().invoke(main, ["--help"]).exit_code == 0
print([name for name in _MODULES.values() if name in sys.modules])
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"


def test_version_imports_no_heavy_library() -> None:
    code = """
import sys
from click.testing import CliRunner
from runner.cli.main import main
assert CliRunner().invoke(main, ["version"]).exit_code == 0
heavy = {"pydantic", "yaml", "rich", "structlog", "sqlite3", "git", "boto3", "hcl2", "apscheduler"}
print(sorted(heavy & set(sys.modules)))
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"


def test_every_option_can_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTLINE_RUN_LIST_LIMIT", "0")
    result = CliRunner().invoke(main, ["run", "list"])
    assert result.exit_code == 64
    assert "--limit" in result.stderr


def test_the_installed_command_is_this_one() -> None:
    command = Path(sys.executable).with_name("driftline")
    shown = subprocess.run([command, "version"], capture_output=True, text=True, check=True)
    assert shown.stdout.startswith("driftline ")


@pytest.mark.parametrize("words", ["stack list", "run list", "drift list", "lock list", "source list"])
def test_a_list_imports_no_heavy_library(words: str, tmp_path: Path) -> None:
    world = World(tmp_path)
    code = f"""
import sys
from runner.cli.main import main
try:
    main({["-c", str(world.config), *words.split()]!r})
except SystemExit as end:
    assert not end.code
print(sorted({HEAVY!r} & set(sys.modules)))
"""
    world.run("db", "migrate")  # makes the database
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"
