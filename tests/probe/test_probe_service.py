"""Checks and triage as an installation does them, by real terraform: what is probed, reported and recorded."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from probing_service import ANA, ProbedWorld, needs_terraform

from runner.model.drift.probe import Way
from runner.model.run.life import Kind, State
from runner.model.stack.definition import DriftStatus
from runner.service.outcome.probe import TRIAGE_FROM

pytestmark = needs_terraform

PROVIDER = """\
terraform {{
  required_providers {{
    cloudfile = {{ source = "driftline/cloudfile" }}
  }}
}}
"""
OBJECT = (
    PROVIDER
    + """\
variable "token" {{
  default   = ""
  sensitive = true
}}
provider "cloudfile" {{
  path  = "{cloud}"
  token = var.token
}}
resource "cloudfile_object" "web" {{
  name  = "{name}"
  value = "{value}"
}}
"""
)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProbedWorld]:
    made = ProbedWorld(tmp_path)
    monkeypatch.setenv("FAULTS", str(made.orders))
    monkeypatch.setenv("TF_VAR_token", "early")
    yield made
    made.app.engine.prober.close()  # type: ignore[attr-defined]


def rows(world: ProbedWorld, table: str, column: str) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(world.root / "data" / "driftline.db")) as database, database:
        database.row_factory = sqlite3.Row
        return database.execute(f"SELECT * FROM {table} WHERE {column} = 'probe.distrust'").fetchall()


def test_a_stack_is_compared_then_probed_and_sometimes_compared_again(
    world: ProbedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.applied(body=OBJECT)
    world.compare_every(3)
    monkeypatch.setenv("TF_VAR_token", "canary-4711")
    world.processes()
    ways, started = [], []
    for _ in range(4):
        assert world.check().state is State.NO_CHANGES
        ways.append(world.record().way)
        started.append(set(world.processes()))
    probed, both = {"driftline"}, {"driftline", "terraform"}
    assert ways == [Way.COMPARED, Way.PROBED, Way.PROBED, Way.COMPARED]
    assert started == [both, probed, probed, both]
    assert world.look().drift is DriftStatus.CLEAN
    # A new commit that changes nothing in the cloud is planned plainly, and the next check compared.
    world.push(value="one", body=OBJECT + "# a word\n")
    assert world.processes() == ["terraform"] * 3
    world.check()
    assert (world.record().way, world.record().checks) == (Way.COMPARED, 0)
    world.check()
    assert world.record().way is Way.PROBED
    # Nothing that these checks were given is in a file.
    files = [path for path in (world.root / "data").rglob("*") if path.is_file()]
    assert not [path for path in files if b"canary-4711" in path.read_bytes()]


def test_what_a_probe_finds_is_reported_from_a_plain_plan(world: ProbedWorld) -> None:
    world.applied(body=OBJECT)
    world.check()
    world.cloud_set(value="by hand")
    world.processes()
    assert world.check().state is State.DRIFTED
    assert set(world.processes()) == {"driftline", "terraform"}
    found = world.report()
    assert found is not None
    [finding] = found.findings
    shown = [(one.path, one.before, one.after) for one in finding.attributes if one.path == "value"]
    assert shown == [("value", "by hand", "one")]
    assert (world.record().way, world.record().reason) == (Way.COMPARED, "the probe found something")
    world.cloud_set(value="one")
    assert world.check().state is State.NO_CHANGES
    assert world.report() is None


def test_a_provider_that_lies_to_a_probe_is_no_longer_probed(world: ProbedWorld) -> None:
    world.applied(body=OBJECT)
    world.check()
    world.compare_every(1)
    world.cloud_set(value="by hand")
    world.order("lie")
    assert world.check().state is State.DRIFTED
    with world.app.store.reading() as reader:
        [distrusted] = reader.distrust_of()
        assert reader.distrusted() == {distrusted.provider.checksum}
    assert distrusted.provider.name == "registry.terraform.io/driftline/cloudfile 1.0.0"
    assert "a full plan found changes, a probe none" in distrusted.reason
    assert [row["subject"] for row in (*rows(world, "audit", "action"), *rows(world, "outbox", "topic"))] == [
        "web",
        "web",
    ]
    world.processes()
    world.cloud_set(value="again")
    assert world.check().state is State.DRIFTED
    assert set(world.processes()) == {"terraform"}
    assert (
        world.record().reason
        == "a probe of registry.terraform.io/driftline/cloudfile 1.0.0 once disagreed with a full plan"
    )
    # A person trusts it again, and then it is compared first.
    (world.orders / "lie").unlink()
    world.cloud_set(value="one")
    with world.app.store.writing() as writer:
        writer.trust(distrusted.provider.checksum, by=ANA.name, reason="upgraded")
    world.check()
    assert world.record().way is Way.COMPARED


def test_a_stack_that_is_never_to_be_probed_is_not(world: ProbedWorld) -> None:
    world.applied(rules="drift: {probe: never}\n", body=OBJECT)
    world.processes()
    world.check()
    world.check()
    assert set(world.processes()) == {"terraform"}
    assert (world.record().way, world.record().reason) == (Way.PLAIN, "drift.probe is never")


def test_a_crashed_provider_is_reported_with_the_check(world: ProbedWorld) -> None:
    world.applied(body=OBJECT)
    world.check()
    world.order("die")
    world.cloud_set(value="by hand")
    assert world.check().state is State.DRIFTED
    assert world.record().way is Way.PLAIN
    assert "ReadResource" in world.record().reason


# ---- triage

MODULE = (
    PROVIDER
    + """\
variable "name" {{}}
variable "loud" {{ default = false }}
resource "cloudfile_object" "it" {{
  name  = var.name
  value = var.loud ? "{loud}" : "quiet"
}}
"""
)
USER = (
    PROVIDER
    + """\
provider "cloudfile" {{
  path = "{cloud}"
}}
module "it" {{
  source = "../shared"
  name   = "{name}"
  loud   = {loud}
}}
"""
)


def users(world: ProbedWorld, names: tuple[str, ...]) -> dict[str, str | None]:
    files: dict[str, str | None] = {}
    for name in names:
        loud = "true" if name == "c" else "false"
        files[f"{name}/main.tf"] = USER.format(cloud=world.cloud, name=name, loud=loud)
        files[f"{name}/stack.yaml"] = f"name: {name}\n"
    return files


def test_stacks_that_a_shared_module_does_not_change_are_done_by_probes(world: ProbedWorld) -> None:
    names = ("a", "b", "c")
    assert len(names) == TRIAGE_FROM
    world.commit_files({"shared/main.tf": MODULE.format(loud="loud"), **users(world, names)})
    world.poll()
    for run in world.work():
        world.approve(run)
    world.work()
    for name in names:
        assert world.check(name).state is State.NO_CHANGES
    world.processes()
    head = world.commit_files({"shared/main.tf": MODULE.format(loud="louder")})
    world.poll()
    ended = {run.stack: run for run in world.work()}
    started = world.processes()
    assert {name: run.state for name, run in ended.items()} == {
        "a": State.NO_CHANGES,
        "b": State.NO_CHANGES,
        "c": State.AWAITING_APPROVAL,
    }
    assert {run.kind for run in ended.values()} == {Kind.CHANGE}
    # One process for each probe, and those of one plain plan with the document that people are shown.
    assert started.count("driftline") == 3
    assert 0 < started.count("terraform") <= 4
    assert [world.look(name).applied_revision == head for name in names] == [True, True, False]
    # None of this was a check.
    assert [world.record(name).way for name in names] == [Way.COMPARED] * 3
    assert ended["c"].plan_digest is not None
    assert world.app.artifacts.get(ended["c"].id, "plan.tfplan") is not None
    # What was done by a probe says nothing of the new code yet.
    assert world.check("a").state is State.NO_CHANGES
    assert world.record("a").way is Way.COMPARED
    world.approve(ended["c"])
    [applied] = world.work()
    assert applied.state is State.APPLIED
    assert world.cloud_value("c") == "louder"
