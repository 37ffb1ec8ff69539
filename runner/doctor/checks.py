"""The table of checks, and how they are run."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from runner.app import App
from runner.doctor import (
    accounts,
    broker,
    bytecode,
    confinement,
    forges,
    notifications,
    people,
    place,
    policies,
    pools,
    quarantine,
    reach,
    records,
    service,
    signatures,
    tools,
    web,
    worker,
)
from runner.doctor.finding import Scene, fail, failed, ok
from runner.errors import DriftlineError
from runner.model.settings.server import Settings
from runner.model.values.frozen import dataclass
from runner.view.finding import Finding
from runner.view.words import counted


@dataclass(frozen=True)
class Check:
    name: str
    look: Callable[[Scene], Iterator[Finding]]
    needs_config: bool = True
    on_workers: bool = False


CHECKS: tuple[Check, ...] = (
    Check("git", tools.git, needs_config=False, on_workers=True),
    Check("engines", tools.engines, needs_config=False, on_workers=True),
    Check("sqlite", tools.sqlite, needs_config=False),
    Check("systemd", service.unit, needs_config=False, on_workers=True),
    Check("bytecode", bytecode.bytecode, needs_config=False, on_workers=True),
    Check("providers", tools.providers, on_workers=True),
    Check("disk", place.disk, on_workers=True),
    Check("filesystem", place.file_system, on_workers=True),
    Check("paths", place.socket_paths, on_workers=True),
    Check("permissions", place.permissions, on_workers=True),
    Check("quarantine", quarantine.quarantine),
    Check("approvers", people.approvers),
    Check("confinement", confinement.confinement, on_workers=True),
    Check("policies", policies.policies),
    Check("database", records.database),
    Check("audit", records.audit),
    Check("clock", records.clock),
    Check("artifacts", records.artifacts),
    Check("slots", service.slots, on_workers=True),
    Check("sources", reach.sources),
    Check("forges", forges.forges),
    Check("signatures", signatures.signatures),
    Check("aws", reach.aws_roles),
    Check("accounts", accounts.accounts),
    Check("daemon", service.daemon),
    Check("web", web.web),
    Check("pools", pools.pools),
    Check("broker", broker.broker, on_workers=True),
    Check("worker", worker.worker, on_workers=True),
    Check("notifications", notifications.notifications),
)
# For checks that work without a configuration: the defaults, and a path where nothing can exist.
UNCONFIGURED = Settings(data_dir=Path(os.devnull))


def examine(explicit: Path | None, *, deep: bool = False) -> Iterator[Finding]:
    """Every check, one finding after another; a configuration with problems is one of them."""
    try:
        app = App.from_config(explicit)
    except (DriftlineError, OSError) as error:
        yield _refused(error)
        scene = Scene(App(UNCONFIGURED, Path(os.devnull)), deep=deep)
        checks = [check for check in CHECKS if not check.needs_config]
    else:
        yield from _config(app)
        scene = Scene(app, deep=deep)
        on_a_worker = app.settings.worker is not None
        checks = [check for check in CHECKS if check.on_workers or not on_a_worker]
    for check in checks:
        yield from _look(check, scene)


def _refused(error: DriftlineError | OSError) -> Finding:
    if isinstance(error, DriftlineError):
        return failed("config", error)
    # As the service sets it: readable for root and the service's user.
    return fail("config", f"{error.filename}: {error.strerror}", "sudo -u driftline driftline doctor")


def _config(app: App) -> Iterator[Finding]:
    path, worker = app.config_path, app.settings.worker
    what = f"a worker of pool {worker.pool}" if worker else counted(len(app.settings.sources), "source")
    if path.stat().st_mode & 0o022:
        yield fail(
            "config", f"{path} is writable by others, who could change what is applied", f"chmod go-w {path}"
        )
    else:
        yield ok("config", f"{path} with {what}")


def _look(check: Check, scene: Scene) -> Iterator[Finding]:
    """A check that fails itself is a finding too, and does not stop the others."""
    try:
        yield from check.look(scene)
    except DriftlineError as error:
        yield failed(check.name, error)
    except Exception as bug:  # noqa: BLE001 - any bug
        message = f"the check failed: {type(bug).__name__}: {bug}"
        yield fail(check.name, message, "report it, with the output of:   driftline doctor -o json")
