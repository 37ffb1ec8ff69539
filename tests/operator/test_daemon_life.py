"""The daemon as systemd sees it: it starts, beats, reloads, stops; and what becomes of runs when it is killed."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from daemon_world import (
    DRIFTLINE,
    Systemd,
    Terraform,
    daemon,
    runs,
    systemd,
    until,
    wait_for_run,
    waiting_terraform,
)
from operator_world import Installation, installation

from runner.api.caller import Caller
from runner.api.daemon_process import DaemonProcess
from runner.api.sources import sync_sources
from runner.app import App
from runner.datadir.daemon_lock import running_daemon
from runner.datadir.requests_lock import RequestsLock
from runner.errors import DaemonUnreachable
from runner.model.approval.approval import Person
from runner.model.stack.source import SourceStatus
from runner.store import journal_mode

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform on PATH")

Hold = Callable[[str], Terraform]
AUTOMATIC = "name: one\napply: {mode: automatic}\n"


@pytest.fixture
def made(tmp_path: Path) -> Installation:
    return installation(tmp_path)


@pytest.fixture
def notified() -> Iterator[Systemd]:
    with systemd() as listening:
        yield listening


@pytest.fixture
def hold(made: Installation) -> Iterator[Hold]:
    """Make terraform wait before this command; at the end whatever still waits is let go."""
    held: list[Terraform] = []

    def make(command: str) -> Terraform:
        held.append(waiting_terraform(made, command))
        return held[-1]

    yield make
    for terraform in held:
        terraform.hold.unlink(missing_ok=True)


def automatic(made: Installation) -> None:
    """Its stack asks for no approval, so that the daemon goes on to apply by itself."""
    (made.repository / "one/stack.yaml").write_text(AUTOMATIC)
    made.commit("automatic")


def status(made: Installation, name: str) -> SourceStatus | None:
    app = App.from_config(made.config)
    with app.store.reading() as reader:
        found = reader.source(name)
    app.store.close()
    return found if found.polled_at else None


# As systemd sees it


def test_it_says_that_it_is_ready_and_what_it_does(made: Installation, notified: Systemd) -> None:
    with daemon(made, {"NOTIFY_SOCKET": notified.address}) as process:
        ready = notified.wait_for("READY", "1")
        assert ready["MAINPID"] == str(process.pid)
        assert wait_for_run(made, "awaiting_approval").stack == "one"


def test_it_feeds_the_watchdog(made: Installation, notified: Systemd) -> None:
    env = {"NOTIFY_SOCKET": notified.address, "WATCHDOG_USEC": "600000"}
    with daemon(made, env):
        notified.wait_for("READY", "1")
        notified.wait_for("WATCHDOG", "1", seconds=5)
        notified.wait_for("WATCHDOG", "1", seconds=5)


def test_sigterm_ends_it_within_seconds(made: Installation, notified: Systemd) -> None:
    with daemon(made, {"NOTIFY_SOCKET": notified.address}) as process:
        notified.wait_for("READY", "1")
        process.terminate()
        notified.wait_for("STOPPING", "1", seconds=5)
        assert process.wait(timeout=10) == 0


WITH_A_WAL = """if True:
    from runner.store import journal_mode
    journal_mode.has_wal_fix = lambda _: True
    from runner.cli.main import main
    main()
"""


def test_once_it_has_stopped_the_file_alone_is_the_whole_database(
    made: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with a WAL, which its last process brings into the file: all its threads have ended by then."""
    monkeypatch.setattr(journal_mode, "has_wal_fix", lambda _: True)
    argv = [sys.executable, "-c", WITH_A_WAL, "-c", str(made.config), "daemon"]
    with subprocess.Popen(argv) as process:
        wait_for_run(made, "awaiting_approval")
        beside = set(made.data_dir.glob("driftline.db-*"))
        assert {path.name for path in beside} == {"driftline.db-shm", "driftline.db-wal"}
        process.terminate()
    assert process.returncode == 0
    assert not list(made.data_dir.glob("driftline.db-*"))


def test_a_second_daemon_on_the_same_data_is_refused(made: Installation, notified: Systemd) -> None:
    with daemon(made, {"NOTIFY_SOCKET": notified.address}) as process:
        notified.wait_for("READY", "1")
        second = subprocess.run(
            (DRIFTLINE, "-c", made.config, "daemon"), capture_output=True, text=True, timeout=20, check=False
        )
        assert second.returncode == 75
        assert str(process.pid) in second.stderr


def test_sighup_takes_in_a_new_source(made: Installation, notified: Systemd) -> None:
    with daemon(made, {"NOTIFY_SOCKET": notified.address}) as process:
        notified.wait_for("READY", "1")
        url = str(made.repository)
        made.configure({"name": "infra", "url": url}, {"name": "second", "url": url, "stacks": ["none.yaml"]})
        process.send_signal(signal.SIGHUP)
        notified.wait_for("RELOADING", "1", seconds=5)
        notified.wait_for("READY", "1", seconds=5)
        assert until(lambda: status(made, "second"), "poll of the new source").head


@pytest.mark.repeats
@pytest.mark.parametrize("broken", ["version: [", "version: 1\ndata_dir: /elsewhere\nsources: []\n"])
def test_a_configuration_that_cannot_be_taken_changes_nothing(
    made: Installation, notified: Systemd, broken: str
) -> None:
    with daemon(made, {"NOTIFY_SOCKET": notified.address}) as process:
        notified.wait_for("READY", "1")
        sound = made.config.read_text()
        made.config.write_text(broken)
        process.send_signal(signal.SIGHUP)
        notified.wait_for("RELOADING", "1", seconds=5)
        notified.wait_for("READY", "1", seconds=5)
        made.config.write_text(sound)
        wait_for_run(made, "awaiting_approval")
        assert process.poll() is None
        assert not Path("/elsewhere").exists()


# What becomes of runs


def test_a_plan_that_runs_is_stopped_and_queued_again(made: Installation, hold: Hold) -> None:
    terraform = hold("plan")
    with daemon(made) as process:
        until(lambda: terraform.starts, "start of a plan")
        process.terminate()
        assert process.wait(timeout=20) == 0
    assert [run.state for run in runs(made)] == ["queued"]


def test_a_plan_begun_before_a_reload_is_still_stopped(
    made: Installation, hold: Hold, notified: Systemd
) -> None:
    terraform = hold("plan")
    with daemon(made, {"NOTIFY_SOCKET": notified.address}) as process:
        notified.wait_for("READY", "1")
        until(lambda: terraform.starts, "start of a plan")
        process.send_signal(signal.SIGHUP)
        notified.wait_for("RELOADING", "1", seconds=5)
        notified.wait_for("READY", "1", seconds=5)
        process.terminate()
        assert process.wait(timeout=20) == 0
    assert [run.state for run in runs(made)] == ["queued"]


def test_a_plan_that_died_with_its_machine_is_made_again_and_finished(made: Installation, hold: Hold) -> None:
    terraform = hold("plan")
    with daemon(made) as process:
        until(lambda: terraform.starts, "start of a plan")
        process.kill()
        process.wait()
    terraform.kill()
    terraform.hold.unlink()
    (run,) = runs(made)
    assert run.state == "planning"
    with daemon(made):
        assert wait_for_run(made, "awaiting_approval").id == run.id


def test_a_plan_that_outlived_its_daemon_is_ended_and_made_again(
    made: Installation, hold: Hold, notified: Systemd
) -> None:
    """It holds the claim and has no deadline any more."""
    terraform = hold("plan")
    with daemon(made) as process:
        until(lambda: terraform.starts, "start of a plan")
        process.kill()
        process.wait()
    with daemon(made, {"NOTIFY_SOCKET": notified.address}):
        until(lambda: terraform.starts == 2, "a second plan, which the first one's claim would hold back")
        terraform.hold.unlink()
        wait_for_run(made, "awaiting_approval")


def test_draining_waits_for_an_apply_and_records_it(
    made: Installation, hold: Hold, notified: Systemd
) -> None:
    automatic(made)
    terraform = hold("apply")
    with daemon(made, {"NOTIFY_SOCKET": notified.address}) as process:
        until(lambda: terraform.starts, "start of an apply")
        process.send_signal(signal.SIGINT)
        notified.wait_for("EXTEND_TIMEOUT_USEC", seconds=10)
        assert process.poll() is None
        terraform.hold.unlink()
        assert process.wait(timeout=20) == 0
    assert [run.state for run in runs(made)] == ["applied"]


def test_whoever_asks_a_draining_daemon_is_told_at_once_that_nobody_listens(
    made: Installation, hold: Hold, notified: Systemd
) -> None:
    automatic(made)
    terraform = hold("apply")
    app = App.from_config(made.config)
    asking = Caller(app, lambda: Person("ana", "token"), daemon=DaemonProcess())
    with daemon(made, {"NOTIFY_SOCKET": notified.address}) as process:
        until(lambda: terraform.starts, "start of an apply")
        assert sync_sources(asking)
        process.send_signal(signal.SIGINT)
        notified.wait_for("EXTEND_TIMEOUT_USEC", seconds=10)
        with pytest.raises(DaemonUnreachable):
            sync_sources(asking)
        another = RequestsLock(made.data_dir)
        until(another.take, "release of the requests")
        another.release()
        assert running_daemon(made.data_dir) == process.pid
        terraform.hold.unlink()
        assert process.wait(timeout=20) == 0
    with app.store.reading() as reader:
        assert reader.open_requests() == []
    app.store.close()


def test_a_person_can_still_stop_what_a_draining_daemon_waits_for(
    made: Installation, hold: Hold, notified: Systemd
) -> None:
    automatic(made)
    terraform = hold("apply")
    with daemon(made, {"NOTIFY_SOCKET": notified.address}) as process:
        until(lambda: terraform.starts, "start of an apply")
        process.send_signal(signal.SIGINT)
        notified.wait_for("EXTEND_TIMEOUT_USEC", seconds=10)
        made("run", "cancel", "run-1", "--force")
        assert process.wait(timeout=20) == 0
    assert [run.state for run in runs(made)] == ["interrupted"]


def test_stopping_leaves_an_apply_to_the_next_daemon(
    made: Installation, hold: Hold, notified: Systemd
) -> None:
    """A restart cannot be told from a stop, and must not wait for hours."""
    automatic(made)
    terraform = hold("apply")
    with daemon(made, {"NOTIFY_SOCKET": notified.address}) as process:
        until(lambda: terraform.starts, "start of an apply")
        process.terminate()
        assert process.wait(timeout=10) == 0
    assert [run.state for run in runs(made)] == ["applying"]
    with daemon(made):
        terraform.hold.unlink()
        wait_for_run(made, "applied")
    assert terraform.starts == 1


def test_more_slots_after_a_reload_are_used(made: Installation, hold: Hold, notified: Systemd) -> None:
    made.add_stack("two")
    made.commit("a second stack")
    terraform = hold("plan")
    engines = {"terraform": {"binary": str(terraform.folder / "terraform")}}
    made.configure(engines=engines, executor={"slots": 1})
    with daemon(made, {"NOTIFY_SOCKET": notified.address}) as process:
        until(lambda: terraform.starts, "start of a plan")
        made.configure(engines=engines, executor={"slots": 2})
        process.send_signal(signal.SIGHUP)
        until(lambda: terraform.starts == 2, "start of a second plan")


def test_an_apply_whose_daemon_was_killed_is_adopted_by_the_next(made: Installation, hold: Hold) -> None:
    automatic(made)
    terraform = hold("apply")
    with daemon(made) as process:
        until(lambda: terraform.starts, "start of an apply")
        process.kill()
        process.wait()
    with daemon(made):
        terraform.hold.unlink()
        run = wait_for_run(made, "applied")
    assert terraform.starts == 1
    log = (made.data_dir / "logs" / f"{run.name}.log").read_text()
    assert log.count("Apply complete!") == 1


def test_an_apply_that_ended_while_no_daemon_lived_is_recorded_by_the_next(
    made: Installation, hold: Hold
) -> None:
    automatic(made)
    terraform = hold("apply")
    with daemon(made) as process:
        until(lambda: terraform.starts, "start of an apply")
        process.kill()
        process.wait()
    terraform.hold.unlink()
    until(lambda: list(made.data_dir.glob("control/*/apply.result")), "a result")
    with daemon(made):
        wait_for_run(made, "applied")
    assert terraform.starts == 1


def test_an_apply_that_died_with_its_daemon_is_interrupted_with_evidence(
    made: Installation, hold: Hold
) -> None:
    automatic(made)
    terraform = hold("apply")
    with daemon(made) as process:
        until(lambda: terraform.starts, "start of an apply")
        process.kill()
        process.wait()
    terraform.kill()
    with daemon(made):
        run = wait_for_run(made, "interrupted")
        assert '"holder": "run-1"' in made("lock", "list", "-o", "json").stdout
        shown = made("run", "show", run.name).stdout
        assert "the processes were gone" in shown
        assert made("lock", "release", "one", "--reason", "looked").code == 3
        made("run", "resolve", run.name, "--as", "failed", "-m", "looked at it", "--yes")
        wait_for_run(made, "apply_failed")
        until(lambda: len(runs(made)) == 2, "a fresh plan")
    assert terraform.starts <= 2


def test_the_daemon_survives_its_terminal(made: Installation, notified: Systemd) -> None:
    """stdout and stderr may go away, as when journald stops."""
    reading, writing = os.pipe()
    process = subprocess.Popen(
        (DRIFTLINE, "-c", made.config, "daemon"),
        stdout=writing,
        stderr=writing,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "NOTIFY_SOCKET": notified.address},
    )
    os.close(writing)
    try:
        notified.wait_for("READY", "1")
        os.close(reading)
        wait_for_run(made, "awaiting_approval")
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
