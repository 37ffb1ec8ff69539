"""An idle `driftline daemon`: its memory beside a bare Python, and its CPU with `poll: auto` beside a fixed interval."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.commands import DRIFTLINE
from benchmarks.figure import Figure, Sample, at_most, interleaved
from benchmarks.installation import STACK, Installation, Repository
from benchmarks.size import Size
from runner.app import App
from runner.model.run.life import State
from runner.model.schedule.polling import QUIET

MEGABYTE = 1000 * 1000
PATIENCE = 60.0
WATCHED_SECONDS = 60.0
SETTLE_SECONDS = 10.0  # the polls at the start


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    idle, bare = [], []
    for turn in range(size.part(20)):
        installation = Installation(folder / str(turn))
        installation.repository.commit({"web/main.tf": STACK, "web/stack.yaml": "name: web\n"})
        _ = installation.app.store  # the file is there before two processes want to make it
        with running(installation.root) as pid:
            _until_idle(installation)
            idle.append(_resident(pid))
        installation.app.store.close()
        bare.append(_bare())
    yield at_most(
        80, "idle daemon, 1 source, VmRSS", "MB", Sample(tuple(idle)), Sample(tuple(bare)), "python"
    )
    auto, fixed = interleaved(
        size.part(20),
        partial(_watched, folder / "auto", size),
        partial(_watched, folder / "60s", size, "60s"),
    )
    name = "daemon with poll: auto, pushed a moment ago, CPU with its git"
    yield at_most(2, name, "ms/s", auto, fixed, "poll: 60s")
    for count in size.idle_sources:
        quiet = _quiet(folder / f"{count}-sources", size, count)
        title = f"daemon with {count} source{'s' * (count > 1)}, poll: auto, nothing for hours, CPU with its git, a source"
        yield at_most(2, title, "ms/s", Sample((quiet / count,)))


def _quiet(folder: Path, size: Size, count: int) -> float:
    """Milliseconds of CPU a second, of a daemon whose sources had their last push hours ago."""
    repositories = [folder / f"{number}.git" for number in range(count)]
    folder.mkdir(parents=True)
    for path in repositories:
        Repository(path).commit({"README": "no stacks yet\n"})
    sources = [{"name": path.stem, "url": path.as_uri(), "poll": "auto"} for path in repositories]
    config = folder / "driftline.yaml"
    config.write_text(json.dumps({"data_dir": str(folder / "data"), "sources": sources}))
    app = App.from_config(config)
    for source in app.settings.sources:
        polled = app.poller.poll(source)
        assert polled.problem is None, polled.problem
    with app.store.writing() as writer:
        for source in app.settings.sources:
            known = writer.source(source.name)
            writer.save_source(replace(known, moved_at=app.clock.now() - 2 * QUIET))
    app.store.close()
    with running(folder) as pid:
        time.sleep(SETTLE_SECONDS if size.warms_up else 1)
        return _used(pid, size)


def _watched(folder: Path, size: Size, poll: str = "auto") -> float:
    """Milliseconds of CPU a second, of a daemon with one source and nothing to do, while it waits for an approval."""
    installation = Installation(folder / str(time.monotonic_ns()), poll=poll)
    installation.repository.commit({"web/main.tf": STACK, "web/stack.yaml": "name: web\n"})
    _ = installation.app.store
    with running(installation.root) as pid:
        _until_idle(installation)
        used = _used(pid, size)
    installation.app.store.close()
    return used


def _used(pid: int, size: Size) -> float:
    """Milliseconds of CPU a second, over a minute."""
    began, before = time.monotonic(), _cpu(pid)
    time.sleep(WATCHED_SECONDS if size.warms_up else 1)
    return (_cpu(pid) - before) / (time.monotonic() - began) * 1000


def _cpu(pid: int) -> float:
    """Seconds, of the process and of its children that have ended."""
    facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, facts[11:15])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(folder: Path) -> Iterator[int]:
    argv: list[str | Path] = [DRIFTLINE, "--config", folder / "driftline.yaml", "daemon"]
    with (folder / "daemon.log").open("wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log)
        try:
            yield process.pid
        except BaseException:
            sys.stderr.write((folder / "daemon.log").read_text())
            raise
        finally:
            process.terminate()
            process.wait()


def _until_idle(installation: Installation) -> None:
    """It has polled, and the plan that came of it waits for a person."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with installation.app.store.reading() as reader:
            if any(run.state is State.AWAITING_APPROVAL for run in reader.open_runs()):
                break
        time.sleep(0.1)
    else:
        raise RuntimeError(f"after {PATIENCE:g} s the daemon had not planned its stack")
    time.sleep(2)  # two turns of its loop


def _resident(pid: int) -> float:
    """In megabytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "VmRSS":
            return int(value.split()[0]) * 1024 / MEGABYTE
    raise RuntimeError(f"process {pid} has no memory")


def _bare() -> float:
    argv = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        seen = _resident(process.pid)
        process.communicate(b"\n")
    return seen
