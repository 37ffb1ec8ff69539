"""Where nothing can be written, nothing is started, nothing that runs is disturbed, and it goes on by itself after it."""

import resource
import subprocess
from pathlib import Path

import pytest
from daemon_world import DRIFTLINE, daemon, runs, until, wait_for_run, waiting_terraform
from operator_world import Installation, installation


@pytest.fixture
def made(tmp_path: Path) -> Installation:
    return installation(tmp_path)


def limit_files(pid: int, size: int) -> None:
    """What a full disk is to this process: no file of it may grow beyond that."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def log_of(made: Installation) -> str:
    return (made.folder / "daemon.log").read_text()


def test_a_full_disk_starts_nothing_and_is_reported_once(made: Installation) -> None:
    with daemon(made) as process:
        wait_for_run(made, "awaiting_approval")
        limit_files(process.pid, 4096)
        made.add_stack("two")
        made.commit("two")
        until(lambda: "daemon.read_only" in log_of(made), "word of it")
        # Several polls later it still is one line, and nothing was begun.
        until(lambda: made("source", "list").code == 0, "reading still works")
        assert [run.stack for run in runs(made)] == ["one"]
        limit_files(process.pid, resource.RLIM_INFINITY)
        until(lambda: len(runs(made)) == 2, "the second stack's run")
        assert log_of(made).count("daemon.read_only") == 1
        assert log_of(made).count("daemon.writable") == 1


def test_an_apply_that_ran_on_a_full_disk_is_recorded_once_there_is_space(made: Installation) -> None:
    (made.repository / "one" / "stack.yaml").write_text("name: one\napply: {mode: automatic}\n")
    made.commit("automatic")
    terraform = waiting_terraform(made, "apply")
    with daemon(made) as process:
        until(lambda: terraform.starts, "start of an apply")
        limit_files(process.pid, 4096)
        terraform.hold.unlink()
        until(lambda: "daemon.read_only" in log_of(made), "word of it")
        assert [run.state for run in runs(made)] == ["applying"]
        limit_files(process.pid, resource.RLIM_INFINITY)
        wait_for_run(made, "applied")
    assert terraform.starts == 1


def test_a_removed_database_is_never_created_again(made: Installation) -> None:
    database = made.data_dir / "driftline.db"
    with daemon(made):
        wait_for_run(made, "awaiting_approval")
        database.rename(database.with_suffix(".away"))
        until(lambda: "daemon.read_only" in log_of(made), "word of it")
        assert not database.exists()
        database.with_suffix(".away").rename(database)
        until(lambda: "daemon.writable" in log_of(made), "word that it is over")
    database.rename(database.with_suffix(".away"))
    refused = subprocess.run(
        (DRIFTLINE, "-c", made.config, "daemon"), capture_output=True, text=True, check=False
    )
    assert refused.returncode == 78
    assert not database.exists()
