"""A terraform that hangs, babbles, dies or says what it should not: reported truthfully, and never endless."""

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from engine_world import World, fake, short, wait_until

from runner.engine.session import Session
from runner.errors import EngineMissing, OutputNotUnderstood
from runner.ports.engine import Planned

PLANS = 'for word in "$@"; do case "$word" in -out=*) echo plan > "${word#-out=}" ;; esac; done'
# The real escalation takes ten seconds; it is tested with the process itself.
HANGS = "sleep 1000 & sleep 1000"


def only(command: str, script: str, otherwise: str = "exit 0") -> str:
    return f'if [ "$1" = {command} ]; then\n{script}\nfi\n{otherwise}'


@pytest.mark.parametrize("command", ["init", "plan"])
def test_a_command_that_hangs_is_stopped_at_its_deadline(world: World, tmp_path: Path, command: str) -> None:
    world.use(fake(tmp_path, only(command, HANGS)))
    world.timeouts = short(init=0.3, plan=0.3)
    started = time.monotonic()
    error = world.failed()
    assert (error.command, error.timed_out, error.canceled) == (command, True, False)
    assert any("took longer than" in d.summary for d in error.diagnostics)
    assert time.monotonic() - started < 15


def test_a_show_that_hangs_is_stopped_at_its_deadline(world: World, tmp_path: Path) -> None:
    world.use(fake(tmp_path, only("show", HANGS, only("plan", f"{PLANS}\nexit 2"))))
    world.timeouts = short(show=0.3)
    error = world.failed()
    assert (error.command, error.timed_out) == ("show", True)


def test_a_canceled_plan_says_so(world: World, tmp_path: Path) -> None:
    world.use(fake(tmp_path, only("plan", 'echo \'{"@message":"up"}\'; exec sleep 1000')))

    def ask() -> None:
        wait_until(
            lambda: world.run and world.workspaces.log(world.run).exists() and "up" in world.log, "it is up"
        )
        world.cancel.set()

    watcher = threading.Thread(target=ask)
    watcher.start()
    error = world.failed()
    watcher.join()
    assert (error.command, error.canceled, error.timed_out) == ("plan", True, False)


def test_a_plan_that_is_killed_names_the_signal(world: World, tmp_path: Path) -> None:
    world.use(fake(tmp_path, only("plan", "kill -KILL $$")))
    error = world.failed()
    assert (error.command, error.signal, error.exit_code) == ("plan", 9, -9)
    assert error.diagnostics[-1].summary == "terraform plan ended with signal 9"


def test_what_is_said_on_stderr_alone_is_the_diagnostic(world: World, tmp_path: Path) -> None:
    world.use(fake(tmp_path, only("plan", "echo 'panic: \x1b[31mnil map' >&2; exit 11")))
    error = world.failed()
    assert (error.exit_code, error.diagnostics[-1].summary) == (11, "terraform plan ended with exit code 11")
    assert error.diagnostics[-1].detail == "panic: nil map"
    assert "panic: nil map" in world.log


def test_an_older_init_that_answers_in_text_is_understood(world: World, tmp_path: Path) -> None:
    script = only("init", 'case "$*" in *-json*) exit 64 ;; esac\necho "Error: no such backend" >&2; exit 1')
    world.use(fake(tmp_path, script, version="1.5.7"))
    error = world.failed()
    assert (error.command, error.exit_code) == ("init", 1)
    assert "no such backend" in error.diagnostics[-1].detail


def test_a_document_that_is_no_json_is_not_understood(world: World, tmp_path: Path) -> None:
    world.use(fake(tmp_path, only("show", "echo '{\"half\":'; exit 0", only("plan", f"{PLANS}\nexit 2"))))
    with pytest.raises(OutputNotUnderstood):
        world.plan()


def test_a_document_removed_meanwhile_fails_the_plan_with_that_reason(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.use(fake(tmp_path, only("show", "exit 0", only("plan", f"{PLANS}\nexit 2"))))
    ran = Session.run

    def removing(session: Session, name: str, *words: Any, **options: Any) -> Any:
        done = ran(session, name, *words, **options)
        if name == "show":
            (session.control / "show.jsonl").unlink()
        return done

    monkeypatch.setattr(Session, "run", removing)
    error = world.failed()
    assert error.command == "show"
    assert (
        error.diagnostics[-1].summary == "what terraform show wrote cannot be read: No such file or directory"
    )


def test_an_exit_code_of_two_without_detail_is_an_error_of_other_commands(
    world: World, tmp_path: Path
) -> None:
    world.use(fake(tmp_path, only("init", "exit 2")))
    assert world.failed().command == "init"


def test_a_plan_without_a_plan_file_is_no_plan(world: World, tmp_path: Path) -> None:
    world.use(fake(tmp_path, only("plan", "exit 2")))
    error = world.failed()
    assert error.command == "plan"
    assert "no plan file" in error.diagnostics[-1].summary


def test_output_without_end_stops_a_plan(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.engine.session.OUTPUT_CAP", 100_000)
    world.use(fake(tmp_path, only("plan", 'exec yes \'{"@message":"babble"}\'')))
    error = world.failed()
    assert "too much output" in error.diagnostics[-1].summary
    assert not error.timed_out


def test_a_binary_that_cannot_be_executed_is_an_error_before_the_start(world: World, tmp_path: Path) -> None:
    binary = fake(tmp_path, "exit 0")
    world.use(binary)
    execution = world.execution()
    binary.write_bytes(b"\x7fELF not really")
    with pytest.raises(EngineMissing, match="Exec format error"):
        world.engine.plan(execution)


def test_an_init_that_was_killed_is_not_remembered_as_good(world: World, tmp_path: Path) -> None:
    world.use(fake(tmp_path, only("plan", PLANS)))
    assert isinstance(world.plan(), Planned)
    world.stack = replace(world.stack, backend_config={"key": "other"})
    world.managed = False
    world.use(fake(tmp_path, only("init", "kill -KILL $$")))
    assert world.failed().command == "init"
    world.stack = replace(world.stack, backend_config={})
    assert world.failed().command == "init"
