"""What a child process is given, and what it is not."""

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from process_world import command, python, shell

from runner.process.run import run


def test_a_child_sees_exactly_the_environment_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "of the daemon")
    run(command(tmp_path, "/usr/bin/env", env={"ONE": "1", "PATH": "/bin"}))
    assert sorted((tmp_path / "stdout").read_text().splitlines()) == ["ONE=1", "PATH=/bin"]


def test_no_shell_reads_the_arguments(tmp_path: Path) -> None:
    run(command(tmp_path, "/bin/echo", "$HOME; touch x", "`id`", "*"))
    assert (tmp_path / "stdout").read_text() == "$HOME; touch x `id` *\n"


def test_a_child_reads_an_empty_stdin_in_its_own_session_and_folder(tmp_path: Path) -> None:
    run(
        python(
            tmp_path, "import os,sys; print(repr(sys.stdin.read()), os.getsid(0) == os.getpid(), os.getcwd())"
        )
    )
    assert (tmp_path / "stdout").read_text() == f"'' True {tmp_path}\n"


def test_what_waits_on_our_own_stdin_is_not_for_a_child(tmp_path: Path) -> None:
    ours = os.dup(0)
    read_end, write_end = os.pipe()
    os.write(write_end, b"yes\n")
    os.close(write_end)
    os.dup2(read_end, 0)
    try:
        run(python(tmp_path, "import sys; print(repr(sys.stdin.read()))"))
    finally:
        os.dup2(ours, 0)
        os.close(ours)
        os.close(read_end)
    assert (tmp_path / "stdout").read_text() == "''\n"


def test_output_goes_to_files_never_to_a_pipe(tmp_path: Path) -> None:
    script = "import os,stat; print([stat.S_ISREG(os.fstat(fd).st_mode) for fd in (1, 2)])"
    run(python(tmp_path, script))
    assert (tmp_path / "stdout").read_text() == "[True, True]\n"


def test_only_the_owner_can_read_the_output_and_what_a_child_creates(tmp_path: Path) -> None:
    run(shell(tmp_path, "echo secret > made; echo x; echo y >&2"))
    modes = {name: (tmp_path / name).stat().st_mode & 0o777 for name in ("stdout", "stderr", "made")}
    assert set(modes.values()) == {0o600}


def test_a_child_inherits_no_descriptor_but_those_passed(tmp_path: Path) -> None:
    script = "import os; print(sorted(int(fd) for fd in os.listdir('/proc/self/fd') if int(fd) > 2))"
    with (tmp_path / "claim").open("w") as claim, (tmp_path / "other").open("w") as other:
        os.set_inheritable(other.fileno(), True)
        run(python(tmp_path, script, pass_fds=(claim.fileno(),)))
        listed = (tmp_path / "stdout").read_text()
        # One more is the listing's own.
        assert str(claim.fileno()) in listed
        assert str(other.fileno()) not in listed.strip("[]\n").split(", ")


def test_a_binary_that_is_not_there_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run(command(tmp_path, str(tmp_path / "nothing")))


def test_a_child_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    # A parent-death signal would fire when the thread ends, so none is set.
    finished = []
    thread = threading.Thread(target=lambda: finished.append(run(shell(tmp_path, "echo alive"))))
    thread.start()
    thread.join()
    assert finished[0].exit_code == 0
    assert (tmp_path / "stdout").read_text() == "alive\n"


def test_many_threads_run_processes_at_once(tmp_path: Path) -> None:
    codes: dict[int, int] = {}

    def one(number: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        codes[number] = run(shell(folder, f"exit {number}")).exit_code

    threads = [threading.Thread(target=one, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == {number: number for number in range(20)}


@pytest.mark.parametrize("refusals", [0, 3, 10_000])
def test_its_oom_score_is_set_as_soon_as_the_kernel_accepts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusals: int
) -> None:
    """The files of a child are root's until its exec is over, where the daemon is closed to others."""
    refused: list[Path] = []
    write_text = Path.write_text

    def reluctant(path: Path, text: str) -> int:
        if path.name == "oom_score_adj" and len(refused) < refusals:
            refused.append(path)
            raise PermissionError(13, "Permission denied")
        return write_text(path, text)

    monkeypatch.setattr(Path, "write_text", reluctant)
    what = shell(tmp_path, "sleep 0.2; cat /proc/self/oom_score_adj")
    assert run(replace(what, oom_score=500)).exit_code == 0
    assert (what.stdout.read_text() == "500\n") is (refusals < 10_000)


def test_a_symlink_in_place_of_an_output_file_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "stdout").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic links"):
        run(command(tmp_path, "/bin/echo", "x"))
    assert victim.read_text() == "mine"
