"""The first program inside: machine code and Python do the same."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from runner.model.sandbox.labels import Access
from runner.model.sandbox.namespace import PRIVATE, Shown, View
from runner.sandbox import entrance as entrances
from runner.sandbox import landlock
from runner.sandbox.bubblewrap import MARK
from runner.sandbox.entrance import INSIDE, entrance, runs_here

SOURCE = INSIDE.with_name("inside_x86_64.s")


@pytest.fixture(params=["machine code", "Python"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "Python":
        monkeypatch.setattr(entrances, "runs_here", lambda: False)
    elif not runs_here():
        pytest.skip("this machine does not run it")


def entered(view: View, *argv: str) -> tuple[bytes, int]:
    """The reported bytes, and the exit code."""
    heard, output = os.pipe()
    with entrance(view, argv) as (command, needed), os.fdopen(heard, "rb") as pipe:
        argv = tuple(str(output) if word == MARK else word for word in command)
        child = subprocess.Popen(argv, pass_fds=(*needed, output))
        os.close(output)
        return pipe.read(), child.wait()


def shown(folder: Path) -> View:
    return View((Shown(str(folder), Access.WRITE, folder=True),))


@pytest.mark.skipif(shutil.which("as") is None, reason="there is no assembler")
def test_the_machine_code_is_what_the_source_says(tmp_path: Path) -> None:
    object_file, code = tmp_path / "inside.o", tmp_path / "inside.bin"
    subprocess.run(["as", SOURCE, "-o", object_file], check=True)
    subprocess.run(["objcopy", "-O", "binary", "-j", ".text", object_file, code], check=True)
    assert code.read_bytes() == entrances._X86_64


@pytest.mark.usefixtures("kind")
def test_the_program_gets_its_arguments_and_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREETING", "hello")
    script = f'echo "$GREETING $#:$1:$2" > {tmp_path}/said'
    assert entered(shown(tmp_path), "/bin/sh", "-c", script, "sh", "", "two words") == (b"+", 0)
    assert (tmp_path / "said").read_text() == "hello 2::two words\n"


@pytest.mark.skipif(landlock.abi() == 0, reason="this kernel has no Landlock")
@pytest.mark.usefixtures("kind")
def test_only_what_is_shown_and_the_private_folders_can_be_written(tmp_path: Path) -> None:
    mine, others = tmp_path / "mine", Path.home() / f".entrance-{os.getpid()}"
    mine.mkdir()
    private = [f"{folder}/entrance-{os.getpid()}" for folder in PRIVATE if Path(folder).is_dir()]
    tries = " ".join([str(mine / "file"), str(others), *private, "/dev/null"])
    script = f"for file in {tries}; do (echo x > $file) 2>&- && echo $file >> {mine}/written; done"
    try:
        assert entered(shown(mine), "/bin/sh", "-c", script)[0] == b"+"
        assert (mine / "written").read_text().split() == [str(mine / "file"), *private, "/dev/null"]
    finally:
        for file in (others, *map(Path, private)):
            file.unlink(missing_ok=True)


@pytest.mark.usefixtures("kind")
def test_a_program_that_cannot_start_is_reported_with_its_errno(tmp_path: Path) -> None:
    assert entered(shown(tmp_path), "/there/is/none") == (b"+\x02", 127)


@pytest.mark.usefixtures("kind")
def test_the_program_inherits_none_of_what_the_entrance_needed(tmp_path: Path) -> None:
    script = f"ls /proc/self/fd > {tmp_path}/open"
    entered(shown(tmp_path), "/bin/sh", "-c", script)
    assert (tmp_path / "open").read_text().split() == ["0", "1", "2", "3"]  # the last one is of ls
