"""What a command that only looks imports: each module is paid for by everybody, every time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cli_world import World, applied, planned

# The libraries of a look. Adding one costs each command 10 to 200 ms: see docs/figures.md.
LIBRARIES = {"click", "yaml"}
LOOKS = (
    "run list",
    "stack list",
    "status",
    "drift list",
    "lock list",
    "source list",
    "audit log",
    "run show run-1",
    "stack show app",
)
# Beside its own folder of each: what `run list` takes from the model, the views and the operations.
RUN_LIST = (
    "runner.api.caller",
    "runner.api.operation",
    "runner.api.run_list",
    "runner.app",
    "runner.cli",
    "runner.config",
    "runner.datadir.disk",
    "runner.datadir.looks",
    "runner.errors",
    "runner.failpoint",
    "runner.host",
    "runner.model.access",
    "runner.model.approval.approval",
    "runner.model.audit",
    "runner.model.changes",
    "runner.model.code.engines",
    "runner.model.drift.report",
    "runner.model.execution.daemon_request",
    "runner.model.forge.address",
    "runner.model.notify.rate",
    "runner.model.outputs",
    "runner.model.plan.step",
    "runner.model.run",
    "runner.model.schedule",
    "runner.model.settings",
    "runner.model.stack",
    "runner.model.values",
    "runner.model.window",
    "runner.ports",
    "runner.remote.place",
    "runner.store",
    "runner.view.counts",
    "runner.view.document",
    "runner.view.run",
    "runner.view.signs",
    "runner.view.when",
    "runner.view.words",
)
# At most so many modules of ours. Each costs a third of a millisecond.
MODULES = {"run list": 202, "stack list": 237, "drift list": 298}
# What a command that works without a daemon may do without: each brings a dozen other modules.
NOT_OF_A_COMMAND = {"apscheduler", "asyncio", "sqlite_utils", "structlog"}
NOT_OF_A_LOOK = ("runner.model.events.feed", "runner.store.damage")
# Of Python's own, those that take a millisecond or more: OpenSSL, time zones, archives.
NOT_OF_A_LIST = {"_hashlib", "difflib", "hashlib", "random", "secrets", "shutil", "signal", "zoneinfo"}
TOLD = """
import json, sys
from runner.cli.main import main
try:
    main(sys.argv[1:], standalone_mode=False)
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Its first command asked terraform for its version, which is on record since."""
    made = planned(tmp_path_factory.mktemp("looks"))
    imported(made, "stack show app")
    return made


def imported(world: World, command: str) -> set[str]:
    argv = [sys.executable, "-c", TOLD, "--config", str(world.config), *command.split()]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("command", LOOKS)
def test_a_look_imports_no_library_that_it_does_not_need(world: World, command: str) -> None:
    found = {name.partition(".")[0] for name in imported(world, command)}
    others = found - sys.stdlib_module_names - {"runner", "__main__"}
    assert {name for name in others if not _of_the_start(name)} <= LIBRARIES


def test_the_list_of_runs_imports_only_what_it_shows(world: World) -> None:
    ours = {name for name in imported(world, "run list") if name.startswith("runner.")}
    beside = {name for name in ours if not any(_below(name, one) for one in RUN_LIST)}
    assert {name for name in beside if not any(_below(one, name) for one in RUN_LIST)} == set()
    assert ours.isdisjoint(NOT_OF_A_LOOK)


def test_the_list_of_runs_loads_nothing_heavy_of_python(world: World) -> None:
    assert imported(world, "run list").isdisjoint(NOT_OF_A_LIST)


@pytest.mark.parametrize("command", MODULES)
def test_a_look_imports_few_modules(world: World, command: str) -> None:
    ours = {name for name in imported(world, command) if name.startswith("runner.")}
    assert len(ours) <= MODULES[command]


def test_a_drift_check_of_cron_imports_no_library_that_it_does_not_need(tmp_path: Path) -> None:
    found = {name.partition(".")[0] for name in imported(applied(tmp_path), "drift check app")}
    assert found.isdisjoint(NOT_OF_A_COMMAND)


def test_a_command_ends_without_a_search_through_all_that_it_imported() -> None:
    told = """
import atexit, gc, sys
atexit.register(lambda: print(gc.get_freeze_count() - len(gc.get_objects()) > 0, file=sys.stderr))
from runner.cli.main import main
main(["version"])
"""
    done = subprocess.run([sys.executable, "-c", told], check=True, capture_output=True, text=True)
    assert done.stderr.split() == ["True"]


def test_the_methods_of_a_class_that_a_look_does_not_make_are_not_compiled(world: World) -> None:
    """Those of a drift report, where there is none."""
    told = TOLD.replace(
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)",
        "from runner.model.drift.report import DriftReport\n"
        "    print(type(vars(DriftReport)['__init__']).__name__, file=sys.stderr)",
    )
    argv = [sys.executable, "-c", told, "--config", str(world.config), "drift", "list"]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    assert done.stderr.split()[-1] == "_FillsFirst"


def _below(name: str, folder: str) -> bool:
    return name == folder or name.startswith(folder + ".")


def _of_the_start(name: str) -> bool:
    """What is there without an import of ours: finders of the installation, Python's own build, Cython in PyYAML."""
    return name.startswith(("__editable__", "_distutils_hack", "_sysconfigdata", "_cython", "cython_runtime"))
