"""The service on this machine: its slots, whether it is running, and its systemd settings."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from runner.doctor.finding import Scene, fail, ok, scratch, warn
from runner.model.values.size import parse_size
from runner.process.run import Command, run
from runner.sandbox.hardening import closed_to_others
from runner.systemd.install import UNIT, WORKER_UNIT
from runner.view.finding import Finding
from runner.view.when import ago

SYSTEMD_RUNS = Path("/run/systemd/system")  # checked like sd_booted(3)
INSTALL = "sudo driftline service install"


def slots(scene: Scene) -> Iterator[Finding]:
    """The number of concurrent runs."""
    from runner.app import slots as count
    from runner.host.memory import MachineMemory

    memory = scene.settings.executor.memory_per_run
    yield slots_verdict(count(scene.settings), MachineMemory().available() or 0, parse_size(memory), memory)


def slots_verdict(count: int, free: int, needed: int, memory: str) -> Finding:
    facts = f"{count} at once; {free // 10**6} MB of memory available, up to {memory} per run"
    if free < needed * count:
        return warn(
            "slots", f"{facts}; runs have to wait for memory", "free some memory, or set fewer executor.slots"
        )
    return ok("slots", facts)


def daemon(scene: Scene) -> Iterator[Finding]:
    """Whether a daemon plans and checks automatically."""
    from runner.datadir.daemon_lock import running_daemon
    from runner.datadir.refused_reload import RefusedReloads

    pid = running_daemon(scene.data_dir)
    if pid is None:
        yield warn(
            "daemon", f"no daemon is running for {scene.data_dir}",
            "systemctl start driftline   or   driftline daemon",
        )  # fmt: skip
    elif closed_to_others(pid) is False:
        message = f"every process of its user can read pid {pid}, including its environment and memory"
        yield warn("daemon", message, "systemctl restart driftline")
    elif (refused := RefusedReloads(scene.data_dir).of(pid)) is not None:
        since = ago(refused.at, scene.app.clock.now())
        message = f"pid {pid} refused to reload its configuration {since} and goes on with the one before: {refused.sentence}"
        yield fail("daemon", message, refused.hint)
    else:
        yield ok("daemon", f"pid {pid}")


def unit(scene: Scene) -> Iterator[Finding]:
    """The unit's effective settings, including drop-ins."""
    if not SYSTEMD_RUNS.is_dir():
        command = "driftline daemon" if scene.settings.worker is None else "driftline worker"
        yield ok("systemd", f"this machine does not use systemd; start  {command}  with its service manager")
    else:
        name = UNIT if scene.settings.worker is None else WORKER_UNIT
        yield unit_verdict(
            systemd_says(name, "LoadState", "ActiveState", "KillMode", "NeedDaemonReload"), name
        )


def systemd_says(name: str, *properties: str) -> dict[str, str]:
    """These properties of our unit; none if systemd is unavailable."""
    if not SYSTEMD_RUNS.is_dir():
        return {}
    argv = ("systemctl", "show", name, f"--property={','.join(properties)}")
    env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "SYSTEMD_PAGER": ""}
    with scratch() as folder:
        answer = folder / "answer"
        try:
            run(Command(argv, folder, env, answer, folder / "errors", deadline=10))
        except OSError:
            return {}
        lines = answer.read_text(errors="replace").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def unit_verdict(properties: Mapping[str, str], name: str = UNIT) -> Finding:
    install = INSTALL if name == UNIT else f"{INSTALL} --worker"
    state = properties.get("LoadState")
    if state is None:
        return warn("systemd", f"systemctl reports nothing about {name}", f"systemctl status {name}")
    if state != "loaded":
        return warn("systemd", f"{name} is not installed ({state})", install)
    kill_mode = properties.get("KillMode")
    if kill_mode != "process":
        return fail(
            "systemd",
            f"{name} has KillMode={kill_mode}: a stop would kill terraform during an apply",
            f"{install} && sudo systemctl daemon-reload   and look for a drop-in:   systemctl cat {name}",
        )
    if properties.get("NeedDaemonReload") == "yes":
        return warn("systemd", f"{name} has changed on disk", "sudo systemctl daemon-reload")
    return ok("systemd", f"{name} is installed and {properties.get('ActiveState', 'unknown')}")
