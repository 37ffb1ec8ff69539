"""Checks and triage as an installation does them, by real terraform: what is probed, reported and recorded."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from probing_service import ANA, Beginnings, ProbedWorld, beginnings, needs_terraform

from runner.model.drift.probe import Way
from runner.model.run.life import Kind, State
from runner.model.stack.definition import DriftStatus
from runner.service.outcome.probe import TRIAGE_FROM

__all__ = ("beginnings",)
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
    tell(monkeypatch, made)
    yield made
    made.leave()


@pytest.fixture
def applied(beginnings: Beginnings, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProbedWorld]:
    """With one object, which is applied as the code says."""
    with beginnings.lent(apply_object, ProbedWorld) as world:
        tell(monkeypatch, world)
        yield world


@pytest.fixture
def compared(beginnings: Beginnings, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProbedWorld]:
    """Its first check was compared: the next one is a probe."""
    with beginnings.lent(compare_object, ProbedWorld) as world:
        tell(monkeypatch, world)
        yield world


def tell(patch: pytest.MonkeyPatch, world: ProbedWorld) -> None:
    """What its providers are to do, and what stacks are given."""
    patch.setenv("FAULTS", str(world.orders))
    patch.setenv("TF_VAR_token", "early")


def apply_object(world: ProbedWorld) -> None:
    with pytest.MonkeyPatch.context() as patch:
        tell(patch, world)
        world.applied(body=OBJECT)


def compare_object(world: ProbedWorld) -> None:
    with pytest.MonkeyPatch.context() as patch:
        tell(patch, world)
        world.applied(body=OBJECT)
        assert world.check().state is State.NO_CHANGES


def rows(world: ProbedWorld, table: str, column: str) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(world.root / "data" / "driftline.db")) as database, database:
        database.row_factory = sqlite3.Row
        return database.execute(f"SELECT * FROM {table} WHERE {column} = 'probe.distrust'").fetchall()


def test_a_stack_is_compared_then_probed_and_sometimes_compared_again(
    applied: ProbedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied.compare_every(3)
    monkeypatch.setenv("TF_VAR_token", "canary-4711")
    applied.processes()
    ways, started = [], []
    for _ in range(4):
        assert applied.check().state is State.NO_CHANGES
        ways.append(applied.record().way)
        started.append(set(applied.processes()))
    probed, both = {"driftline"}, {"driftline", "terraform"}
    assert ways == [Way.COMPARED, Way.PROBED, Way.PROBED, Way.COMPARED]
    assert started == [both, probed, probed, both]
    assert applied.look().drift is DriftStatus.CLEAN
    # A new commit that changes nothing in the cloud is planned plainly, and the next check compared.
    applied.push(value="one", body=OBJECT + "# a word\n")
    assert applied.processes() == ["terraform"] * 3
    applied.check()
    assert (applied.record().way, applied.record().checks) == (Way.COMPARED, 0)
    applied.check()
    assert applied.record().way is Way.PROBED
    # Nothing that these checks were given is in a file.
    files = [path for path in (applied.root / "data").rglob("*") if path.is_file()]
    assert not [path for path in files if b"canary-4711" in path.read_bytes()]


def test_what_a_probe_finds_is_reported_from_a_plain_plan(compared: ProbedWorld) -> None:
    compared.cloud_set(value="by hand")
    compared.processes()
    assert compared.check().state is State.DRIFTED
    assert set(compared.processes()) == {"driftline", "terraform"}
    found = compared.report()
    assert found is not None
    [finding] = found.findings
    shown = [(one.path, one.before, one.after) for one in finding.attributes if one.path == "value"]
    assert shown == [("value", "by hand", "one")]
    assert (compared.record().way, compared.record().reason) == (Way.COMPARED, "the probe found something")
    compared.cloud_set(value="one")
    assert compared.check().state is State.NO_CHANGES
    assert compared.report() is None


def test_a_provider_that_lies_to_a_probe_is_no_longer_probed(compared: ProbedWorld) -> None:
    compared.compare_every(1)
    compared.cloud_set(value="by hand")
    compared.order("lie")
    assert compared.check().state is State.DRIFTED
    with compared.app.store.reading() as reader:
        [distrusted] = reader.distrust_of()
        assert reader.distrusted() == {distrusted.provider.checksum}
    assert distrusted.provider.name == "registry.terraform.io/driftline/cloudfile 1.0.0"
    assert "a full plan found changes, a probe none" in distrusted.reason
    assert [
        row["subject"] for row in (*rows(compared, "audit", "action"), *rows(compared, "outbox", "topic"))
    ] == [
        "web",
        "web",
    ]
    compared.processes()
    compared.cloud_set(value="again")
    assert compared.check().state is State.DRIFTED
    assert set(compared.processes()) == {"terraform"}
    assert (
        compared.record().reason
        == "a probe of registry.terraform.io/driftline/cloudfile 1.0.0 once disagreed with a full plan"
    )
    # A person trusts it again, and then it is compared first.
    (compared.orders / "lie").unlink()
    compared.cloud_set(value="one")
    with compared.app.store.writing() as writer:
        writer.trust(distrusted.provider.checksum, by=ANA.name, reason="upgraded")
    compared.check()
    assert compared.record().way is Way.COMPARED


def test_a_stack_that_is_never_to_be_probed_is_not(world: ProbedWorld) -> None:
    world.applied(rules="drift: {probe: never}\n", body=OBJECT)
    world.processes()
    world.check()
    world.check()
    assert set(world.processes()) == {"terraform"}
    assert (world.record().way, world.record().reason) == (Way.PLAIN, "drift.probe is never")


def test_a_crashed_provider_is_reported_with_the_check(compared: ProbedWorld) -> None:
    compared.order("die")
    compared.cloud_set(value="by hand")
    assert compared.check().state is State.DRIFTED
    assert compared.record().way is Way.PLAIN
    assert "ReadResource" in compared.record().reason


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
