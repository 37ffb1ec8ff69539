"""What people say and do, each in one call: of a run, of a stack, or of the world in which both are."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from life_world import ANA

from runner.app import App
from runner.service.approval import approve
from runner.service.approval.authorship import Authors
from runner.service.operator import cancel, lock, request, resolve

Verb = Callable[[App, Any], object]


def approving(app: App, run: int) -> None:
    with app.store.reading() as reader:
        digest = reader.run(run).plan_digest or ""
    approve.approve(app.control, lambda: Authors(app.git, app.modules), run, ANA, digest=digest)


def rejected(app: App, run: int) -> None:
    approve.reject(app.control, run, ANA, "no")


def canceled(app: App, run: int) -> None:
    cancel.cancel(app.control, run, ANA)


def stopped(app: App, run: int) -> None:
    cancel.cancel(app.control, run, ANA, force=True)


def resolved_as_applied(app: App, run: int) -> None:
    resolve.resolve(app.control, app.workspaces, run, ANA, applied=True, reason="looked")


def resolved_as_failed(app: App, run: int) -> None:
    resolve.resolve(app.control, app.workspaces, run, ANA, applied=False, reason="looked")


def locked(app: App, stack: str) -> None:
    lock.take(app.control, stack, ANA, "mine")


def unlocked(app: App, stack: str) -> None:
    lock.release(app.control, stack, ANA, "looked")


def planned(app: App, stack: str) -> None:
    request.request_plan(app.control, app.discoverer, stack, ANA)


def checked(app: App, stack: str) -> None:
    request.request_check(app.control, [stack], ANA)


# What comes by itself


def a_day_passes(app: Any, _: str) -> None:
    app.clock.at += timedelta(days=1.1)


def a_commit_comes(app: Any, stack: str) -> None:
    app.git.push(**{stack: "meanwhile"})
    app.poller.poll(app.settings.sources[0])


def somebody_changes_the_cloud(app: Any, stack: str) -> None:
    values = app.engine.cloud.values
    if stack in values:
        values[stack] = "by hand"


OF_A_RUN = (rejected, canceled, stopped)
OF_A_STACK = (
    locked,
    unlocked,
    unlocked,
    planned,
    checked,
    a_day_passes,
    a_commit_comes,
    somebody_changes_the_cloud,
)
