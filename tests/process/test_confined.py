"""What the kernel lets a confined process do: the real one, with nothing faked."""

import gc
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGINT

import pytest
from detached_world import Apply
from process_world import QUICK_STOP, command, python, shell, wait_until

from runner.model.sandbox.labels import Access, Confinement, confinement
from runner.process import detached
from runner.process.detached import Files
from runner.process.run import Command, Stopped, run
from runner.sandbox import landlock

pytestmark = pytest.mark.skipif(
    landlock.abi() == 0, reason="this kernel has no Landlock: nothing was confined"
)


def children(folder: str) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.path for entry in entries if not entry.is_symlink()]


def without(*hidden: Path, **open_again: Path) -> Confinement:
    """Everything but these."""
    again = {"read": Access.READ, "write": Access.WRITE}
    labels = dict.fromkeys(map(str, hidden), Access.NOTHING)
    return confinement(labels | {str(path): again[name] for name, path in open_again.items()}, children)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    folder = tmp_path / "secret"
    folder.mkdir()
    (folder / "key").write_text("canary\n")
    (tmp_path / "beside").mkdir()
    return folder


def confined(folder: Path, script: str, rules: Confinement) -> str:
    """All that a shell script said, run beside the secret."""
    place = folder.parent / "beside"
    what = shell(place, script, confine=rules)
    run(what)
    return what.stdout.read_text() + what.stderr.read_text()


@pytest.mark.parametrize(
    "script",
    [
        "cat {secret}/key",
        "echo x > {secret}/key",
        "echo x > {secret}/new",
        ": > {secret}/key",
        "rm {secret}/key",
        "mkdir {secret}/folder",
        "mv {secret}/key .",
        "ln {secret}/key .",
        "ln -s / {secret}/link",
        "mkfifo {secret}/pipe",
        "ln -s {secret}/key link && cat link",
        "cat /proc/self/root{secret}/key",
        "cat {secret}/../secret/key",
        "{python} -c 'import os; os.truncate(\"{secret}/key\", 0)'",
    ],
)
def test_what_is_hidden_cannot_be_touched(secret: Path, script: str) -> None:
    said = confined(secret, script.format(secret=secret, python=sys.executable), without(secret))
    assert "ermission denied" in said or "cross-device" in said, said
    assert "canary" not in said
    assert [path.name for path in secret.iterdir()] == ["key"]
    assert (secret / "key").read_text() == "canary\n"


def test_everything_else_goes_on_as_before(secret: Path) -> None:
    script = (
        "echo a > a && mkdir b && mv a b/a && cat b/a && rm -r b && cat /etc/hostname >/dev/null && echo well"
    )
    assert confined(secret, script, without(secret)) == "a\nwell\n"


def test_what_is_open_to_readers_is_closed_to_writers(secret: Path) -> None:
    rules = without(secret, read=secret / "key")
    assert confined(secret, f"cat {secret}/key", rules) == "canary\n"
    assert "ermission denied" in confined(secret, f"echo x > {secret}/key", rules)


def test_a_folder_inside_what_is_hidden_can_be_open(secret: Path) -> None:
    own = secret / "own"
    own.mkdir()
    rules = without(secret, write=own)
    assert confined(secret, f"echo x > {own}/a && mv {own}/a {own}/b && cat {own}/b", rules) == "x\n"
    assert "ermission denied" in confined(secret, f"cat {secret}/key", rules)


def test_a_symlink_that_took_the_place_of_a_folder_opens_nothing(secret: Path) -> None:
    place = secret.parent / "place"
    place.mkdir()
    rules = without(secret, write=place)
    place.rmdir()
    place.symlink_to(secret)
    assert "ermission denied" in confined(secret, f"cat {place}/key", rules)


def test_the_process_that_started_it_is_not_confined(secret: Path) -> None:
    confined(secret, "true", without(secret))
    assert (secret / "key").read_text() == "canary\n"
    assert "NoNewPrivs:\t0" in Path(f"/proc/self/task/{threading.get_native_id()}/status").read_text()


def test_other_processes_cannot_be_read_or_signalled(secret: Path) -> None:
    rules = without(secret)
    assert "ermission denied" in confined(secret, f"cat /proc/{os.getpid()}/environ", rules)
    if landlock.abi() >= 6:
        assert "not permitted" in confined(secret, f"kill -0 {os.getpid()}", rules)


@pytest.mark.skipif(landlock.abi() < 6, reason="this kernel's Landlock does not know of abstract sockets")
def test_abstract_sockets_are_out_of_reach_and_those_with_a_path_are_not(secret: Path) -> None:
    place = secret.parent / "beside"
    with socket.socket(socket.AF_UNIX) as abstract, socket.socket(socket.AF_UNIX) as named:
        name = f"\0driftline-test-{os.getpid()}"
        abstract.bind(name)
        abstract.listen()
        named.bind(str(place / "s"))
        named.listen()
        script = f"""
import socket
for name in ({name!r}, {str(place / "s")!r}):
    try:
        socket.socket(socket.AF_UNIX).connect(name)
        print("reached")
    except PermissionError:
        print("refused")
"""
        what = python(place, script, confine=without(secret))
        run(what)
    assert what.stdout.read_text() == "refused\nreached\n"


def test_it_can_still_be_stopped(secret: Path) -> None:
    place = secret.parent / "beside"
    cancel = threading.Event()
    what = shell(place, "echo up; exec sleep 60", confine=without(secret), stop=QUICK_STOP)
    finished = run(what, cancel=cancel, on_line=lambda _: cancel.set())
    assert (finished.stopped, finished.signal) == (Stopped.CANCELED, SIGINT)


def test_its_children_are_confined_as_it_is_and_can_be_signalled_by_it(secret: Path) -> None:
    script = f"sleep 60 & kill $! && echo killed; sh -c 'cat {secret}/key'"
    said = confined(secret, script, without(secret))
    assert said.startswith("killed\n")
    assert "ermission denied" in said


def test_many_can_be_started_at_once(secret: Path) -> None:
    place, rules = secret.parent / "beside", without(secret)
    said: list[str] = []

    def one(number: int) -> None:
        what = shell(place, f"cat {secret}/key; echo {number}", confine=rules)
        what = Command(**{**vars(what), "stdout": place / f"{number}.out", "stderr": place / f"{number}.err"})
        run(what)
        said.append(what.stdout.read_text())

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == [f"{number}\n" for number in range(8)]


def test_a_missing_program_raises_the_same_error_as_unconfined(secret: Path) -> None:
    place = secret.parent / "beside"
    with pytest.raises(FileNotFoundError):
        run(command(place, str(place / "nothing"), confine=without(secret)))


# An apply


def test_an_apply_is_confined_away_from_its_receipt_and_result(secret: Path) -> None:
    class Kept(Apply):
        @property
        def files(self) -> Files:
            return Files(secret / "receipts" / "digest.json", secret / "control")

    apply = Kept(secret.parent / "beside")
    forged = f"echo 0 > {apply.files.result}; touch {apply.files.stop}"
    script = f"cat {secret}/key; rm {apply.files.receipt}; {forged}; echo over; exit 3"
    seen = apply.through(shell(apply.folder, script, confine=without(secret)))
    assert seen.result is not None
    assert (seen.result.exit_code, seen.asked_to_stop) == (3, False)
    assert apply.lines == ["over"]
    assert apply.files.stderr.read_text().count("ermission denied") == 4
    assert apply.files.receipt.exists()


def test_a_confined_apply_is_asked_to_stop_by_its_shim(secret: Path) -> None:
    folder = secret.parent / "beside"
    cancel = threading.Event()
    apply = Apply(folder)
    script = "trap 'echo asked; exit 3' INT; echo up; while :; do sleep 0.05; done"
    with apply.launched(shell(folder, script, confine=without(secret))) as ended:
        wait_until(lambda: apply.files.stdout.read_text() == "up\n", "it has begun")
        cancel.set()
        seen = apply.follow(ended, cancel=cancel)
    assert seen.result is not None
    assert (seen.result.exit_code, apply.lines) == (3, ["up", "asked"])


def test_an_apply_that_cannot_be_confined_is_refused_with_the_reason(
    secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never started without: here its rules are the descriptor of something else."""

    @contextmanager
    def wrong(_: object) -> Iterator[int]:
        with secret.joinpath("key").open() as file:
            yield file.fileno()

    monkeypatch.setattr(detached, "ruleset", wrong)
    folder = secret.parent / "beside"
    apply = Apply(folder)
    seen = apply.through(shell(folder, "touch effect", confine=without(secret)))
    assert seen.result is not None
    assert "could not be confined" in seen.result.refused
    assert not seen.begun
    assert not (folder / "effect").exists()


def test_an_apply_does_not_inherit_the_descriptor_of_its_rules(secret: Path) -> None:
    folder = secret.parent / "beside"
    apply = Apply(folder)
    script = "import os; print(*(os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') if int(n) < 60 and os.path.exists(f'/proc/self/fd/{n}')))"
    apply.through(python(folder, script, confine=without(secret)))
    assert "landlock" not in " ".join(apply.lines)
    assert "lock" in " ".join(apply.lines)  # that which says that it lives


def test_no_finalizer_runs_with_the_reduced_rights_of_a_starting_child(
    secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Garbage is collected by whichever thread happens to make an object, a confined one too."""
    seen: list[str] = []

    class Circle:
        def __init__(self) -> None:
            self.own = self

        def __del__(self) -> None:
            seen.append(threading.current_thread().name)

    def busily(rules: int, restrict: Callable[[int], None] = landlock.restrict) -> None:
        restrict(rules)
        Circle()
        assert [[] for _ in range(10_000)]  # enough for some collections

    monkeypatch.setattr(landlock, "restrict", busily)
    confined(secret, "true", without(secret))
    assert gc.isenabled()
    gc.collect()
    assert seen == ["MainThread"]
