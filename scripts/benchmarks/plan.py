"""A plan and a drift check of an unchanged stack, beside bare `terraform plan` of the same stack."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.figure import Figure, Sample, at_most_above, exactly, interleaved, timed
from benchmarks.installation import PERSON, STACK, Installation, stacks
from benchmarks.size import Size
from runner.model.run.life import Run, State
from runner.service.cycle.dispatch import next_assignment
from runner.service.operator.request import request_check, request_plan

FLAGS = ("-input=false", "-no-color", "-json", "-detailed-exitcode", "-parallelism=10")


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    folder.mkdir()
    calls = folder / "calls" / "noted"
    visible = f"executor: {{visible: [{calls.parent}]}}\n"
    # Both sides go through it, so that what it takes is on both sides.
    terraform = counting_terraform(folder, calls)
    bare = Bare(folder / "bare", terraform)
    installation = _applied(Installation(folder / "infra", str(terraform), visible), {})
    for name, request, flag in (
        ("drift check", request_check_of_web, "-lock=false"),
        ("plan", _request_plan, "-lock-timeout=60s"),
    ):
        ours = Execution(installation, request, calls)
        measured, rival = interleaved(size.part(3), ours.seconds, partial(bare.seconds, flag))
        yield at_most_above(0.1, f"{name} of an unchanged stack", measured, rival, f"terraform plan {flag}")
        # Without the one that warmed up.
        processes = Sample(tuple(ours.processes[1:]))
        yield exactly(1, f"{name}: terraform processes", processes)
    installation.app.store.close()
    # What is beside it in the repository is exported and watched over with it.
    count = size.discover_stacks
    others = {path: text for path, text in stacks(count).items() if not path.endswith("stack.yaml")}
    crowded = _applied(Installation(folder / "crowded", str(terraform), visible), others)
    ours = Execution(crowded, request_check_of_web, calls)
    measured, rival = interleaved(size.part(3), ours.seconds, partial(bare.seconds, "-lock=false"))
    name = f"drift check among the files of {count:,} stacks"
    yield at_most_above(0.25, name, measured, rival, "terraform plan -lock=false")
    crowded.app.store.close()


def _applied(installation: Installation, others: Mapping[str, str]) -> Installation:
    installation.repository.commit({**others, "web/main.tf": STACK, "web/stack.yaml": "name: web\n"})
    installation.apply()
    return installation


def counting_terraform(folder: Path, calls: Path) -> Path:
    real = shutil.which("terraform")
    if real is None:
        raise RuntimeError("there is no terraform on PATH")
    calls.parent.mkdir()
    calls.touch()
    wrapper = folder / "terraform"
    wrapper.write_text(f'#!/bin/sh\necho "$1" >> {calls}\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    return wrapper


def request_check_of_web(installation: Installation) -> Run:
    ((run,), _) = request_check(installation.app.control, ["web"], PERSON)
    return run


def _request_plan(installation: Installation) -> Run:
    return request_plan(installation.app.control, installation.app.discoverer, "web", PERSON)


@dataclass
class Execution:
    """From a queued run to its recorded end. Asking for it is not a part of what is timed."""

    installation: Installation
    request: Callable[[Installation], Run]
    calls: Path
    processes: list[float] = field(default_factory=list)

    def seconds(self) -> float:
        run = self.request(self.installation)
        before = self._count()
        taken = timed(partial(self._perform, run))
        self.processes.append(self._count() - before)
        return taken

    def _perform(self, run: Run) -> None:
        assignment = next_assignment(self.installation.app.control)
        assert assignment is not None
        assert assignment.job.run == run.id
        done = self.installation.app.worker.perform(assignment)
        if done.state is not State.NO_CHANGES:
            raise RuntimeError(f"{done.name} is {done.state}: {done.reason}")

    def _count(self) -> int:
        return len(self.calls.read_text().splitlines())


class Bare:
    """The same stack, applied by hand."""

    def __init__(self, folder: Path, terraform: Path, code: str = STACK) -> None:
        folder.mkdir()
        (folder / "main.tf").write_text(code)
        self.folder, self.terraform = folder, terraform
        self._run("init", "-input=false")
        self._run("apply", "-input=false", "-auto-approve")

    def seconds(self, flag: str) -> float:
        return timed(partial(self._run, "plan", *FLAGS, flag, "-out=plan.tfplan"))

    def _run(self, *words: str) -> None:
        quiet = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
        quiet.pop("TF_CLI_CONFIG_FILE", None)
        with (self.folder / "output").open("wb") as output:
            subprocess.run([self.terraform, *words], cwd=self.folder, env=quiet, stdout=output, check=True)
