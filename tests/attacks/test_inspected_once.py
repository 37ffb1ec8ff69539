"""A tree is looked at before each use; what was found safe is remembered, and nothing else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from runner.engine.modules.configuration import HclModules
from runner.errors import TreeRefused
from runner.model.code.surroundings import Surroundings
from runner.model.execution.job import Job, JobSource, Phase
from runner.model.run.life import Kind
from runner.model.settings.source import Allow, SourceSettings
from runner.model.stack.definition import StackDefinition
from runner.model.stack.source import TreeEntry
from runner.ports.worker import WorkerPorts
from runner.service.execution.refuse_unsafe import refuse_unsafe

HARMLESS = b'resource "terraform_data" "one" {}\n'
RUNS_A_COMMAND = (
    b'resource "terraform_data" "one" {\n  provisioner "local-exec" {\n    command = "id"\n  }\n}\n'
)
SOURCE = JobSource("infra", "https://git.example.com/infra.git", "main", "2GB", Allow(provisioners=True))
JOB = Job(1, Phase.PLAN, Kind.DRIFT, StackDefinition(name="web"), SOURCE, "a" * 40, "web", managed_state=True)


@dataclass
class CountingGit:
    content: bytes
    asked: list[str] = field(default_factory=list)

    def tree(self, source: SourceSettings, revision: str) -> list[TreeEntry]:
        self.asked.append(revision)
        return [
            TreeEntry("web", "040000", "tree", "0" * 40),
            TreeEntry("web/main.tf", "100644", "blob", "1" * 40),
        ]

    def blobs(self, source: SourceSettings, oids: Iterable[str]) -> Mapping[str, bytes]:
        return dict.fromkeys(oids, self.content)


@dataclass
class NoEngine:
    """Nothing starts one; it knows what reaches variables besides the repository."""

    surroundings: Surroundings = field(default_factory=Surroundings)


def ports(git: CountingGit) -> WorkerPorts:
    nothing, engine = cast("Any", None), cast("Any", NoEngine())
    return WorkerPorts(cast("Any", git), HclModules(), engine, nothing, nothing, nothing, nothing)


def test_what_was_found_safe_is_not_read_again() -> None:
    git = CountingGit(HARMLESS)
    asking = ports(git)
    for run in (1, 2, 3):
        refuse_unsafe(asking, replace(JOB, run=run))
    assert len(git.asked) == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(JOB, revision="b" * 40),
        replace(JOB, module_path="web/inner"),
        replace(JOB, stack=replace(JOB.stack, env={"NAME": "value"})),
        replace(JOB, source=replace(SOURCE, allow=Allow(provisioners=True, modules=("local",)))),
    ],
    ids=["revision", "module", "definition", "allowance"],
)
def test_what_differs_in_anything_that_matters_is_looked_at_again(other: Job) -> None:
    git = CountingGit(HARMLESS)
    asking = ports(git)
    refuse_unsafe(asking, JOB)
    refuse_unsafe(asking, other)
    refuse_unsafe(asking, other)
    assert len(git.asked) == 2


def test_code_the_operator_no_longer_allows_is_refused_despite_inspection() -> None:
    git = CountingGit(RUNS_A_COMMAND)
    asking = ports(git)
    refuse_unsafe(asking, JOB)
    stricter = replace(JOB, source=replace(SOURCE, allow=Allow(provisioners=False)))
    for _ in range(2):
        with pytest.raises(TreeRefused):
            refuse_unsafe(asking, stricter)
    assert len(git.asked) == 3
