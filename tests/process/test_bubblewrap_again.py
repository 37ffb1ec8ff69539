"""bubblewrap fails where a mount of the machine vanishes while it copies them; the next start succeeds."""

import sys
from pathlib import Path

import pytest
from process_world import command, shell

from runner.model.sandbox.labels import Access
from runner.model.sandbox.namespace import Shown, View
from runner.process.run import run
from runner.sandbox import namespaced
from runner.sandbox.bubblewrap import NotBegun

SAID = "bwrap: Unable to apply mount flags: remount /newroot/run/netns/a: Invalid argument"
# As bubblewrap: it reports its first process, waits, and then looks at the mounts.
FAILING = """\
#!{python} -IS
import json, os, sys
with open("{folder}/starts", "a+") as starts:
    starts.write("start\\n")
    starts.seek(0)
    if len(starts.readlines()) > {failures}:
        os.execv("{real}", sys.argv)
info, wait = (int(sys.argv[sys.argv.index(option) + 1]) for option in ("--info-fd", "--block-fd"))
first = os.fork()
if first > 0:
    os.write(info, json.dumps({{"child-pid": first}}).encode())
    os.close(info)
    os.waitpid(first, 0)
    sys.exit(1)
os.close(info)
os.read(wait, 1)
os.write(2, b"{said}\\n")
os._exit(1)
"""

pytestmark = pytest.mark.skipif(namespaced.problem() is not None, reason="no namespaces here")


@pytest.fixture
def failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A folder with a bubblewrap that fails at its first starts."""
    program = tmp_path / "bwrap"
    program.write_text(
        FAILING.format(
            python=sys.executable,
            folder=tmp_path,
            failures=request.param,
            said=SAID,
            real=namespaced.located(),
        )
    )
    program.chmod(0o700)
    monkeypatch.setattr(namespaced, "located", lambda: str(program))
    return tmp_path


def view(folder: Path) -> View:
    return View((Shown(str(folder), Access.WRITE, folder=True),))


@pytest.mark.parametrize("failing", [2], indirect=True)
def test_a_command_runs_once_though_bubblewrap_failed_twice_and_its_error_is_not_the_commands(
    failing: Path,
) -> None:
    finished = run(shell(failing, "echo ran >> runs; echo mine >&2", confine=view(failing)))
    assert finished.exit_code == 0
    assert (failing / "runs").read_text() == "ran\n"
    assert (failing / "stderr").read_text() == "mine\n"


@pytest.mark.parametrize("failing", [3], indirect=True)
def test_a_bubblewrap_that_goes_on_failing_is_reported_in_its_words(failing: Path) -> None:
    with pytest.raises(NotBegun, match="Invalid argument"):
        run(shell(failing, "echo ran >> runs", confine=view(failing)))
    assert not (failing / "runs").exists()
    assert len((failing / "starts").read_text().splitlines()) == 3


@pytest.mark.parametrize("failing", [0], indirect=True)
def test_a_program_that_cannot_be_executed_is_started_once(failing: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        run(command(failing, "/there/is/none", confine=view(failing)))
    assert len((failing / "starts").read_text().splitlines()) == 1
