"""Commands: a message on standard input, in a process that sees nothing of the installation and ends."""

import sys
from pathlib import Path

import pytest
from notify_world import channel, run_event, surroundings

from runner.errors import NotDelivered
from runner.model.notify.message import message_of
from runner.model.settings.notifications import Notification
from runner.notify import command
from runner.notify.channels import Resolving

ADDRESS = "https://drift.example.com"
CANARY = "c4n4ry-0f-4-t0k3n"


def script(folder: Path, body: str) -> str:
    path = folder / "page"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_a_command_gets_the_message_as_json() -> None:
    check = "import json, sys; d = json.load(sys.stdin); sys.exit(0 if d['subject'] == 'run-12' else 9)"
    channel((sys.executable, "-I", "-c", check)).send(message_of(run_event(), ADDRESS))


def test_an_exit_code_is_a_failure_and_what_it_wrote_is_not_told(tmp_path: Path) -> None:
    program = script(tmp_path, f"echo {CANARY}; echo {CANARY} >&2; exit 3")
    with pytest.raises(NotDelivered) as refused:
        channel((program,)).send(message_of(run_event(), ADDRESS))
    assert refused.value.message == "page: exit code 3"


def test_a_secret_is_in_its_environment_and_not_among_its_arguments(tmp_path: Path) -> None:
    program = script(
        tmp_path, f'test "$TOKEN" = {CANARY} && ! tr "\\0" " " < /proc/$$/cmdline | grep -q {CANARY}'
    )
    channel(("TOKEN=${env:TOKEN}", program), {"TOKEN": CANARY}).send(message_of(run_event(), ADDRESS))


def test_it_inherits_nothing_of_the_daemon(tmp_path: Path) -> None:
    program = script(tmp_path, 'test -z "$HOOK$AWS_SECRET_ACCESS_KEY"')
    channel((program,), {"AWS_SECRET_ACCESS_KEY": CANARY}).send(message_of(run_event(), ADDRESS))


def test_it_reads_no_file_of_the_installation(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "driftline.db").write_text(CANARY)
    (tmp_path / "bin").mkdir()
    program = script(tmp_path / "bin", f"cat {data}/driftline.db")
    by = surroundings(folder=data)
    with pytest.raises(NotDelivered, match="exit code 1"):
        Resolving(Notification("ops", (program,)), by).send(message_of(run_event(), ADDRESS))


def test_a_command_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "SECONDS", 1)
    with pytest.raises(NotDelivered, match="took longer than"):
        channel((script(tmp_path, "exec sleep 1000"),)).send(message_of(run_event(), ADDRESS))


def test_no_value_reaches_its_arguments(tmp_path: Path) -> None:
    program = script(tmp_path, "test $# -eq 0 && grep -q touch")
    channel((program,)).send(message_of(run_event(reason="$(touch /tmp/owned); `touch x`"), ADDRESS))


def test_a_program_that_is_not_there_is_a_flaw(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    assert list(channel((missing,)).flaws()) == [f"{missing} is not there, or not executable"]
    assert list(channel((script(tmp_path, "true"),)).flaws()) == []
    with pytest.raises(NotDelivered):
        channel((missing,)).send(message_of(run_event(), ADDRESS))


def test_the_document_is_one_line() -> None:
    read = "import json, sys; json.loads(sys.stdin.readline()); sys.exit(sys.stdin.read() != '')"
    channel((sys.executable, "-I", "-c", read)).send(message_of(run_event(reason='"\n\u2028'), ADDRESS))
