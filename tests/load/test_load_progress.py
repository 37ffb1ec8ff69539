"""How far many checks are: on stderr while they run, in `status` for everybody else, with a daemon and without."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from cli_world import World, until
from put_back import PutBack
from wrapped import wrapped

from runner.cli.screen import progress
from runner.datadir.daemon_lock import running_daemon
from runner.model.run.life import Kind, Trigger
from runner.model.run.usage import Usage
from runner.ports.records.runs import RunFilter
from runner.service.queue.enqueue import add_change

NAMES = ("a", "b", "c")
# Passes everything on to the real terraform, but a plan waits as long as a file is there.
HELD = """\
case " $* " in *" plan "*) while [ -e {hold} ]; do sleep 0.05; done ;; esac
exec terraform "$@"
"""


class Place(World):
    """Three stacks that are applied; while `hold` is there, checks do not end."""

    @classmethod
    def made(cls, root: Path) -> "Place":
        signs = root / "signs"
        signs.mkdir()
        binary = wrapped(root / "terraform-held", HELD.format(hold=signs / "hold"))
        place = cls(root, more=f"engines: {{terraform: {{binary: {binary}}}}}", executor="slots: 2")
        for name in NAMES:
            place.stack(name)
        for name in NAMES:
            place.applied(name)
        return place

    @property
    def hold(self) -> Path:
        return self.root / "signs" / "hold"

    def checks(self) -> list[str]:
        """The states of the drift runs."""
        return [run["state"] for run in self.json("run", "list", "--kind", "drift")]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> PutBack:
    return PutBack.kept(Place.made(tmp_path_factory.mktemp("place")).root)


@pytest.fixture
def place(made: PutBack) -> Place:
    return Place.found(made.again())


@contextmanager
def daemon(place: Place) -> Iterator[None]:
    started = place.start("daemon")
    try:
        until(lambda: running_daemon(place.root / "data") is not None)
        yield
    finally:
        started.signal(signal.SIGTERM)
        started.ends(0)


def test_progress_is_shown_in_lines_and_stdout_stays_a_document(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.01)
    shown = place.run("drift", "check", "--all", "-o", "json")
    assert json.loads(shown.stdout)["checked"] == 3
    assert "0 of 3 checked, 0 drifted, 0 errors" in shown.stderr
    lines = [line for line in shown.stderr.splitlines() if " of 3 checked" in line]
    done = [int(line.split()[0]) for line in lines]
    assert done == sorted(done)
    assert all("left" in line for line in lines if line.startswith(("1 ", "2 ")))


def test_no_progress_is_shown_for_quick_work_or_when_unwanted(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert " of 3 checked" not in place.run("drift", "check", "--all").stderr
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.01)
    assert place.run("-q", "drift", "check", "--all").stderr == ""


@pytest.mark.parametrize("with_daemon", [True, False])
def test_status_shows_the_same_while_it_runs(place: Place, *, with_daemon: bool) -> None:
    place.cloud.write_text("by hand\n")
    place.hold.touch()
    with daemon(place) if with_daemon else nullcontext():
        process = place.start("drift", "check", "--all")
        until(lambda: place.checks().count("planning") == 2)
        assert place.json("status")["sweep"] == {
            "total": 3,
            "done": 0,
            "drifted": 0,
            "errors": 0,
            "seconds_left": None,
        }
        assert "0 of 3 checked, 0 drifted, 0 errors" in place.run("status").stdout
        place.hold.unlink()
        _, said = process.ends(2)
        assert "3 checked, 3 drifted, 0 errors." in said
    assert place.json("status")["sweep"] is None


def test_what_is_left_is_reckoned_from_the_checks_that_ended(place: Place) -> None:
    app = place.app
    place.hold.touch()
    process = place.start("drift", "check", "--all")
    until(lambda: place.checks().count("planning") == 2)
    with app.store.writing() as writer:
        for run in writer.open_runs():
            writer.save_usage(run.id, Usage(60, None))
    place.hold.unlink()
    process.ends(0)
    with app.store.reading() as reader:
        ids = [run.id for run in reader.runs(RunFilter(kind=Kind.DRIFT))]
        swept = reader.sweep(ids)
    assert swept is not None
    assert (swept.total, swept.done, swept.over) == (3, 3, True)
    # Each has told by its end how long it took.
    assert 0 < (swept.seconds or 0) < 60
    app.store.close()


def test_status_shows_what_the_queue_waits_for(tmp_path: Path) -> None:
    place = World(tmp_path)
    place.stack("a")
    place.run("source", "sync")
    app = place.app
    with app.store.writing() as writer:
        add_change(writer, writer.stack("a"), trigger=Trigger.PUSH, by="driftline")
    app.store.close()
    assert place.json("status")["queue_waits_for"].startswith("a daemon")
    place.executor = "min_free: 900TB"
    place.configured()
    picture = place.json("status")
    assert (picture["queued"], picture["queue_waits_for"].startswith("room: only ")) == (1, True)
    assert "1 run waits for room: only " in place.run("status").stdout
