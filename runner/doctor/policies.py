"""Policies: whether each can be evaluated, and whether the programs of checks are installed."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

from runner.doctor.finding import Scene, fail, ok, scratch, warn
from runner.view.finding import Finding

CHECK = "policies"


def policies(scene: Scene) -> Iterator[Finding]:
    """One finding for each that does not work; nothing without policies and checks."""
    now = scene.app.policies.every()
    found = [*_flawed(scene), *_missing(scene)]
    yield from found
    count = len(now.policies) + len(now.checks)
    if count and not found:
        yield ok(CHECK, "1 policy or check" if count == 1 else f"{count} policies and checks")


def _flawed(scene: Scene) -> Iterator[Finding]:
    with scratch() as place:
        for material in scene.app.policies.every().policies:
            flaw = scene.app.judge.evaluation.flaws(material, Path(mkdtemp(dir=place.resolve())))
            if flaw:
                first = flaw.splitlines()[0]
                message = f'policy "{material.name}" denies every plan: {first}'
                yield fail(CHECK, message, "driftline policy list")


def _missing(scene: Scene) -> Iterator[Finding]:
    for check in scene.settings.checks:
        program = check.command[0]
        if shutil.which(program) is None:
            effect = "denies every plan" if check.blocking else "only warns"
            message = f'check "{check.name}" {effect}: {program} is not installed'
            yield (fail if check.blocking else warn)(CHECK, message, f"which {program}")
