import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from runner.cli.invocation import Cli
from runner.cli.main import main, report_error
from runner.errors import EXIT_CODES, ArtifactDamaged, DriftlineError, StackLocked

COMMAND = [str(Path(sys.executable).with_name("driftline"))]


@pytest.mark.parametrize(
    "words", [["nope"], ["version", "--nope"], ["plan"], ["run", "show", "x1"], ["logs", "run--1"]]
)
def test_bad_usage_ends_with_64_and_says_where_help_is(words: list[str]) -> None:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 64
    assert result.stderr.startswith("Error: ")
    assert "  hint: driftline" in result.stderr
    assert result.stdout == ""


def test_a_known_error_has_its_message_hint_and_exit_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = report_error(Cli(), StackLocked(stack="prod/vpc", holder="ana", reason="maintenance"))
    said = capsys.readouterr()
    assert code == 4
    assert said.out == ""
    assert said.err.splitlines()[0] == 'Error: stack "prod/vpc" is locked by ana: maintenance'
    assert said.err.splitlines()[1].startswith("  hint: driftline lock list")


def test_an_error_cannot_forge_another_line(capsys: pytest.CaptureFixture[str]) -> None:
    report_error(Cli(), DriftlineError("evil \x1b[2K\u202e", hint="also \x07"))
    assert capsys.readouterr().err == "Error: evil \\x1b[2K\\u202e\n  hint: also \\x07\n"


def test_every_line_of_a_message_with_several_problems_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    report_error(Cli(), DriftlineError("2 problems:\n  a:1:1: x\n  a:2:1: y"))
    assert capsys.readouterr().err.splitlines() == ["Error: 2 problems:", "  a:1:1: x", "  a:2:1: y"]


def test_a_bug_is_one_sentence_and_a_traceback_on_request(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert report_error(Cli(), ZeroDivisionError("division by zero")) == 1
    short = capsys.readouterr().err
    assert short.startswith("Error: internal error: ZeroDivisionError: division by zero")
    assert report_error(Cli(verbose=True), ZeroDivisionError("division by zero")) == 1
    assert "Traceback" not in short
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_an_error_of_the_operating_system_names_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    report_error(Cli(), PermissionError(13, "Permission denied", "/some/file"))
    assert capsys.readouterr().err == "Error: /some/file: Permission denied\n"


def test_an_interrupt_ends_with_130() -> None:
    assert report_error(Cli(), click.Abort()) == 130


def test_every_exit_code_that_an_error_has_is_explained() -> None:
    def classes(of: type[DriftlineError]) -> set[type[DriftlineError]]:
        return {of}.union(*(classes(below) for below in of.__subclasses__()))

    assert {error.exit_code for error in classes(DriftlineError)} <= set(EXIT_CODES)


def test_a_missing_configuration_ends_with_78(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["stack", "list", "-c", str(tmp_path / "none.yaml")])
    assert result.exit_code == 78
    assert "none.yaml" in result.stderr


def test_a_reader_that_goes_away_is_no_reason_for_a_traceback() -> None:
    words = " ".join([*COMMAND, "run", "list", "--help"])
    done = subprocess.run(["sh", "-c", f"{words} | true"], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_a_full_disk_below_stdout_is_a_failure() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "version"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == "Error: No space left on device\n"


def test_a_terminal_that_knows_only_ascii_gets_question_marks() -> None:
    code = "from runner.cli.main import main; from runner.cli import main as module; "
    code += "module._never_fail_to_encode(); module.Console().data('✔ ok')"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment
    )
    assert (done.returncode, done.stdout) == (0, "? ok\n")


def test_what_others_wrote_is_bounded_and_commands_no_terminal() -> None:
    error = ArtifactDamaged(run="run-1", name="plan.json", digest="\x1b[2J" + "x" * 10_000)
    assert error.message.startswith("artifact plan.json of run-1 does not match its recorded digest (?[2Jxx")
    assert len(error.message) < 4200
    assert "(10004 characters)" in error.message


def test_bytes_are_counted_and_never_printed() -> None:
    assert "(3 bytes)" in ArtifactDamaged(run="run-1", name="x", digest=b"\x00\x1b[").message
