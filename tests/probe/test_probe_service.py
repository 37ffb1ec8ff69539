"""Plans and checks as an installation makes them, by real terraform: what is warm, compared, reported and recorded."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from probing_service import ANA, Beginnings, ProbedWorld, beginnings, needs_terraform

from runner.model.events.feed import ReportMoved
from runner.model.run.life import Kind, Run, State
from runner.model.stack.definition import DriftStatus
from runner.model.warm.provider import Way
from runner.ports.records.runs import RunFilter
from runner.service.cycle.dispatch import next_assignment
from runner.service.execution.probe import Answer, look
from runner.view.how_planned import how_planned

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
    # A new commit that changes nothing in the cloud is planned warm, and the next check compared.
    applied.push(value="one", body=OBJECT + "# a word\n")
    assert applied.processes() == ["driftline"]
    applied.check()
    assert (applied.record().way, applied.record().checks) == (Way.COMPARED, 0)
    applied.check()
    assert applied.record().way is Way.PROBED
    # Nothing that these checks were given is in a file.
    files = [path for path in (applied.root / "data").rglob("*") if path.is_file()]
    assert not [path for path in files if b"canary-4711" in path.read_bytes()]


def test_a_check_that_finds_something_is_one_plan_with_warm_providers(compared: ProbedWorld) -> None:
    compared.cloud_set(value="by hand")
    compared.processes()
    run = compared.check()
    assert run.state is State.DRIFTED
    assert compared.processes() == ["driftline"]
    found = compared.report()
    assert found is not None
    [finding] = found.findings
    shown = [(one.path, one.before, one.after) for one in finding.attributes if one.path == "value"]
    assert shown == [("value", "by hand", "one")]
    assert compared.record().way is Way.PROBED
    assert how(compared, run) == "with warm providers, compared 1 plan ago"
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


# ---- plans


def how(world: ProbedWorld, run: Run) -> str:
    with world.app.store.reading() as reader:
        found = reader.how_planned(run.id)
    return "" if found is None else how_planned(found)


def test_the_first_plan_is_compared_and_the_next_one_stands_alone(world: ProbedWorld) -> None:
    first = world.applied(body=OBJECT)
    assert how(world, first).startswith("with warm providers and in full: first plan with this engine and ")
    world.processes()
    (second,) = world.push(value="two", body=OBJECT)
    assert second.state is State.AWAITING_APPROVAL
    assert how(world, second) == "with warm providers, compared 1 plan ago"
    assert world.processes() == ["driftline"]
    world.approve(second)
    [done] = world.work()
    assert done.state is State.APPLIED
    assert world.cloud_value("web") == "two"


def test_a_plan_that_destroys_is_compared_before_it_is_offered(applied: ProbedWorld) -> None:
    (run,) = applied.push(body=PROVIDER + 'provider "cloudfile" {{\n  path = "{cloud}"\n}}\n')
    assert run.summary.destroys == 1
    assert how(applied, run) == "with warm providers and in full: it destroys something"


def test_a_stack_with_plain_providers_is_planned_plainly(world: ProbedWorld) -> None:
    run = world.applied(rules="plan: {providers: plain}\n", body=OBJECT)
    assert how(world, run) == "in full: plan.providers is plain"
    assert set(world.processes()) == {"terraform"}


def test_waiting_plans_are_made_again_once_their_provider_has_lied(compared: ProbedWorld) -> None:
    compared.applied("api", body=OBJECT)
    (waiting,) = compared.push("api", value="two", rules="apply: {approvals: 2}\n", body=OBJECT)
    assert (waiting.state, how(compared, waiting)[:19]) == (State.AWAITING_APPROVAL, "with warm providers")
    compared.approve(waiting)
    compared.compare_every(1)
    compared.cloud_set(value="by hand")
    compared.order("lie")
    compared.check()
    with compared.app.store.reading() as reader:
        ended = reader.run(waiting.id)
        assert ended.state is State.SUPERSEDED
        assert "disagreed with a full plan in " in ended.reason
        again = reader.run(ended.superseded_by or 0)
        assert (again.state, reader.approvals(again.id)) == (State.AWAITING_APPROVAL, [])
    assert how(compared, again).startswith("in full: a probe of ")


def test_a_report_that_a_full_plan_denies_is_withdrawn(compared: ProbedWorld) -> None:
    compared.order("invent")
    assert compared.check().state is State.DRIFTED
    assert compared.report() is not None
    compared.compare_every(1)
    assert compared.check().state is State.NO_CHANGES
    with compared.app.store.reading() as reader:
        moved = [one.payload for one in reader.events(0) if isinstance(one.payload, ReportMoved)]
    assert moved[-1].status == "resolved"
    assert moved[-1].reason.startswith("withdrawn by run-")
    assert "a full plan found none, a probe changes" in moved[-1].reason


NONE_OF_IT = (
    OBJECT.replace('" {{\n  name ', '" {{\n  count = 0\n  name ') + 'output "it" {{ value = "{value}" }}\n'
)


def test_a_type_that_was_only_in_the_code_is_compared_once_there_is_one(world: ProbedWorld) -> None:
    world.applied(body=NONE_OF_IT)
    (run,) = world.push(value="two", body=OBJECT)
    assert how(world, run).startswith("with warm providers and in full: first plan with this engine and ")


def test_a_plan_whose_provider_was_found_wrong_meanwhile_is_not_offered(
    compared: ProbedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found_wrong_meanwhile(*arguments: Any) -> Answer:
        answer, facts = look(*arguments)
        if facts is not None and facts.how.way is Way.PROBED:
            with compared.app.store.writing() as writer:
                writer.distrust(facts.how.providers[0], "web", "run-1: a full plan found none")
        return answer, facts

    monkeypatch.setattr("runner.service.execution.plan.look", found_wrong_meanwhile)
    compared.push(value="two", body=OBJECT)
    compared.work()
    with compared.app.store.reading() as reader:
        [run] = reader.runs(RunFilter(stack="web", states=frozenset({State.AWAITING_APPROVAL})))
        assert [one.state for one in reader.runs(RunFilter(stack="web"))].count(State.SUPERSEDED) == 0
    assert how(compared, run).startswith("in full: a probe of ")


def lie_and_fail(world: ProbedWorld, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """The next plan finds out that the provider lies, and fails after that, which is told."""
    failed = threading.Event()

    def no_room(*_: object) -> None:
        failed.set()
        raise OSError(28, "No space left on device")

    world.configure(replace(world.settings, plan=replace(world.settings.plan, compare_every=1)))
    world.cloud_set(value="by hand")
    world.order("lie")
    monkeypatch.setattr("runner.service.execution.plan.judged", no_room)
    return failed


def test_a_provider_that_lied_is_known_even_if_the_plan_fails_afterwards(
    compared: ProbedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared.applied("api", body=OBJECT)
    (waiting,) = compared.push("api", value="two", body=OBJECT)
    lie_and_fail(compared, monkeypatch)
    (run, *_) = compared.push(value="two", body=OBJECT)
    assert run.state is State.PLAN_FAILED
    with compared.app.store.reading() as reader:
        assert len(reader.distrusted()) == 1
        assert reader.run(waiting.id).state is State.SUPERSEDED


@pytest.mark.parametrize("end", ["fails", pytest.param("is put back", marks=pytest.mark.thorough)])
def test_a_provider_that_lied_is_known_even_if_nothing_comes_of_the_plan_under_the_lock(
    compared: ProbedWorld, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    compared.applied("api", body=OBJECT)
    (waiting,) = compared.push("api", value="two", body=OBJECT)
    (late,) = compared.push(value="two", body=OBJECT)
    compared.approve(late)
    compared.age(hours=2)
    ended = lie_and_fail(compared, monkeypatch)
    if end == "is put back":
        monkeypatch.setattr("runner.service.execution.apply._Any.is_set", lambda _: ended.is_set())
    assignment = next_assignment(compared.app.control)
    assert assignment is not None
    compared.app.worker.perform(assignment)
    with compared.app.store.reading() as reader:
        assert len(reader.distrusted()) == 1
        assert reader.run(waiting.id).state is State.SUPERSEDED
        assert reader.run(late.id).state is (State.SUPERSEDED if end == "fails" else State.APPROVED)


# ---- one commit, many stacks

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


def test_one_commit_of_a_shared_module_is_planned_warm_in_every_stack(world: ProbedWorld) -> None:
    names = ("a", "b", "c")
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
    assert started == ["driftline"] * 3
    assert [world.look(name).applied_revision == head for name in names] == [True, True, False]
    # None of this was a check.
    assert [world.record(name).way for name in names] == [Way.COMPARED] * 3
    assert ended["c"].plan_digest is not None
    assert world.app.artifacts.get(ended["c"].id, "plan.tfplan") is not None
    # Its plan says nothing of how the next check may be done.
    assert world.check("a").state is State.NO_CHANGES
    assert world.record("a").way is Way.COMPARED
    world.approve(ended["c"])
    [applied] = world.work()
    assert applied.state is State.APPLIED
    assert world.cloud_value("c") == "louder"
