"""Following the output: whole lines while they come, whatever a process writes."""

from pathlib import Path

import pytest
from process_world import is_alive, python, shell, wait_until

from runner.process.run import Stopped, run


def test_a_line_arrives_while_the_process_still_runs(tmp_path: Path) -> None:
    def on_line(line: str) -> None:
        if line == "first":
            (tmp_path / "seen").touch()

    script = "echo first; until [ -e seen ]; do sleep 0.01; done; echo second"
    assert run(shell(tmp_path, script, deadline=10), on_line=on_line).exit_code == 0


def test_a_line_written_in_pieces_arrives_whole(tmp_path: Path) -> None:
    lines: list[str] = []
    run(
        shell(tmp_path, "printf one; sleep 0.15; printf ' two; sleep'; sleep 0.15; echo; echo end"),
        on_line=lines.append,
    )
    assert lines == ["one two; sleep", "end"]


def test_the_last_line_arrives_without_its_end(tmp_path: Path) -> None:
    lines: list[str] = []
    run(shell(tmp_path, "printf 'one\\n\\ntwo'"), on_line=lines.append)
    assert lines == ["one", "", "two"]


def test_bytes_that_are_no_utf8_do_not_stop_the_following(tmp_path: Path) -> None:
    lines: list[str] = []
    run(
        python(tmp_path, r"import sys; sys.stdout.buffer.write(b'a\xff\xfeb\0c\nend\n')"),
        on_line=lines.append,
    )
    assert lines == ["a��b\0c", "end"]


def test_a_huge_line_is_cut_and_the_next_one_is_whole(tmp_path: Path) -> None:
    lines: list[str] = []
    finished = run(
        python(tmp_path, "print('x' * 300_000); print('y' * 1000); print('end')", line_cap=1000),
        on_line=lines.append,
    )
    assert lines == ["x" * 1000, "y" * 1000, "end"]
    assert finished.complete is False


def test_a_character_on_the_border_of_two_reads_stays_whole(tmp_path: Path) -> None:
    lines: list[str] = []
    run(
        python(tmp_path, "import sys; sys.stdout.buffer.write(('x' * 65535 + 'ü\\n').encode())"),
        on_line=lines.append,
    )
    assert lines == ["x" * 65535 + "ü"]


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_plan_that_babbles_is_stopped(tmp_path: Path, stream: str) -> None:
    script = f"import sys\nfor _ in range(10**6): print('x' * 1000, file=sys.{stream})"
    finished = run(python(tmp_path, script, output_cap=100_000))
    assert finished.stopped is Stopped.BABBLED
    assert finished.complete is False


def test_a_plan_that_writes_faster_than_its_lines_are_read_is_stopped(tmp_path: Path) -> None:
    lines: list[str] = []
    finished = run(shell(tmp_path, "exec timeout 5 yes", output_cap=1_000_000), on_line=lines.append)
    assert finished.stopped is Stopped.BABBLED
    assert finished.seconds < 10
    assert len(lines) < 10_000_000


def test_a_fault_in_the_reader_ends_a_plan(tmp_path: Path) -> None:
    def fault(line: str) -> None:
        (tmp_path / "pid").write_text(line)
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        run(shell(tmp_path, "echo $$; exec sleep 60"), on_line=fault)
    pid = int((tmp_path / "pid").read_text())
    wait_until(lambda: not is_alive(pid), "the plan is gone")


def test_following_leaves_no_descriptor_open(tmp_path: Path) -> None:
    run(shell(tmp_path, "echo x"), on_line=lambda _: None)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        run(shell(tmp_path, "echo x"), on_line=lambda _: None)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
