"""Small words of the command line: the version as people ask for it, and both of two that exclude each other."""

from pathlib import Path

import pytest
from cli_world import World, planned
from click.testing import CliRunner

from runner import __version__
from runner.cli.main import main


def test_the_version_is_an_option_too() -> None:
    shown = CliRunner().invoke(main, ["--version"])
    assert (shown.exit_code, shown.stdout) == (0, f"driftline {__version__}\n")


def test_a_variable_with_the_version_asks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTLINE_VERSION", "1")
    shown = CliRunner().invoke(main, ["completion", "bash"])
    assert f"driftline {__version__}" not in shown.stdout


def test_names_and_all_are_too_much(tmp_path: Path) -> None:
    world: World = planned(tmp_path)
    shown = world.run("drift", "check", "app", "--all", expect=64).stderr
    assert "specify either stack names or --all" in shown


@pytest.mark.parametrize(
    "words",
    [
        ["audit", "log", "-n", "9" * 20],
        ["run", "list", "--limit", "9" * 20],
        ["stack", "history", "app", "--limit", "9" * 20],
        ["stack", "pause", "app", "-m", "x", "--for", f"{'9' * 20}w"],
        ["drift", "ack", "dr-1", "-m", "x", "--until", f"{'9' * 20}w"],
    ],
)
def test_a_number_that_is_too_large_is_bad_usage(tmp_path: Path, words: list[str]) -> None:
    shown = World(tmp_path).run(*words, expect=64).stderr
    assert "Invalid value for" in shown


@pytest.mark.parametrize(
    "words",
    ["reject run-1", "pause app", "stack pause app", "lock take app", "lock release app", "drift trust p"],
)
def test_a_reason_that_is_required_is_asked_for(tmp_path: Path, words: str) -> None:
    assert "Missing option '-m'" in World(tmp_path).run(*words.split(), expect=64).stderr


def test_neither_names_nor_all_is_too_little(tmp_path: Path) -> None:
    assert "specify stack names" in planned(tmp_path).run("drift", "check", expect=64).stderr


def test_a_command_that_is_nearly_right_is_suggested_at_the_top_too() -> None:
    shown = CliRunner().invoke(main, ["stak"])
    assert (shown.exit_code, "Did you mean 'stack'" in shown.stderr) == (64, True)
    assert "Did you mean" not in CliRunner().invoke(main, ["xyzzy"]).stderr


@pytest.mark.parametrize("words", [[], ["stack"], ["run"]])
def test_without_a_command_the_help_is_shown_and_no_error(words: list[str]) -> None:
    shown = CliRunner().invoke(main, words)
    assert shown.exit_code == 64
    assert shown.stderr.startswith("Usage: ")
    assert "hint:" not in shown.stderr
