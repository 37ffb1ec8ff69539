"""The table of checks, and how they are run."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from runner.app import App
from runner.doctor import (
    accounts,
    bytecode,
    confinement,
    forges,
    notifications,
    people,
    place,
    policies,
    quarantine,
    reach,
    records,
    service,
    signatures,
    tools,
    web,
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


CHECKS: tuple[Check, ...] = (
    Check("git", tools.git, needs_config=False),
    Check("engines", tools.engines, needs_config=False),
    Check("sqlite", tools.sqlite, needs_config=False),
    Check("systemd", service.unit, needs_config=False),
    Check("bytecode", bytecode.bytecode, needs_config=False),
    Check("providers", tools.providers),
    Check("disk", place.disk),
    Check("filesystem", place.file_system),
    Check("paths", place.socket_paths),
    Check("permissions", place.permissions),
    Check("quarantine", quarantine.quarantine),
    Check("approvers", people.approvers),
    Check("confinement", confinement.confinement),
    Check("policies", policies.policies),
    Check("database", records.database),
    Check("audit", records.audit),
    Check("clock", records.clock),
    Check("artifacts", records.artifacts),
    Check("slots", service.slots),
    Check("sources", reach.sources),
    Check("forges", forges.forges),
    Check("signatures", signatures.signatures),
    Check("aws", reach.aws_roles),
    Check("accounts", accounts.accounts),
    Check("daemon", service.daemon),
    Check("web", web.web),
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
        scene, checks = Scene(app, deep=deep), list(CHECKS)
    for check in checks:
        yield from _look(check, scene)


def _refused(error: DriftlineError | OSError) -> Finding:
    if isinstance(error, DriftlineError):
        return failed("config", error)
    # As the service sets it: readable for root and the service's user.
    return fail("config", f"{error.filename}: {error.strerror}", "sudo -u driftline driftline doctor")


def _config(app: App) -> Iterator[Finding]:
    path, count = app.config_path, len(app.settings.sources)
    if path.stat().st_mode & 0o022:
        yield fail(
            "config", f"{path} is writable by others, who could change what is applied", f"chmod go-w {path}"
        )
    else:
        yield ok("config", f"{path} with {counted(count, 'source')}")


def _look(check: Check, scene: Scene) -> Iterator[Finding]:
    """A check that fails itself is a finding too, and does not stop the others."""
    try:
        yield from check.look(scene)
    except DriftlineError as error:
        yield failed(check.name, error)
    except Exception as bug:  # noqa: BLE001 - any bug
        message = f"the check failed: {type(bug).__name__}: {bug}"
        yield fail(check.name, message, "report it, with the output of:   driftline doctor -o json")
