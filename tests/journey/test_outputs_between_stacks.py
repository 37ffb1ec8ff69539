"""Outputs between stacks: a value flows to whoever takes it, and a stack is planned again only if one that it uses changed."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from beginnings import Beginnings
from click.testing import CliRunner
from world import ANA, BO, World

from runner.cli.main import main
from runner.errors import DependencyMissing, OutputMissing, OutputUnknown
from runner.model.run.life import Kind, State, Trigger
from runner.model.stack.definition import DriftStatus, Sync
from runner.service.approval import approve as approving
from runner.service.operator import lock as locking
from runner.service.operator import request

SECRET = "tr0ub4dor-and-three"
# Only `net` gets it, so that `app` has it from nowhere but the output.
CONFIG = """
contexts:
  - {name: net, match: {stacks: [net]}, vars: {password: "${env:NET_PASSWORD}"}}
"""
NET = """\
variable "password" {{}}
resource "terraform_data" "net" {{
  input = "{value}"
}}
output "vpc_id" {{ value = "vpc-{vpc}" }}
output "zones"  {{ value = ["a", "{vpc}"] }}
output "unused" {{ value = "{value}" }}
output "password" {{
  value     = var.password
  sensitive = true
}}
"""
# Nothing in its names says that a value is secret.
APP = """\
variable "vpc_id" {{ type = string }}
variable "zones" {{ type = list(string) }}
variable "greeting" {{}}
resource "terraform_data" "app" {{
  input = "${{var.vpc_id}} ${{join(",", var.zones)}} {value}"
}}
resource "terraform_data" "copy" {{
  input = base64encode("user:${{var.greeting}}")
}}
output "app_id" {{ value = "app in ${{var.vpc_id}}" }}
"""
TAKES = """\
depends_on:
  - stack: net
    outputs: {vpc_id: TF_VAR_vpc_id, zones: zones, password: TF_VAR_greeting}
"""
WEB = 'variable "app" {}\nresource "terraform_data" "web" {\n  input = var.app\n}\n'


def net(value: str = "one", vpc: str = "1") -> str:
    return NET.format(value=value, vpc=vpc)


def files(name: str, body: str, rules: str = "") -> dict[str, str | None]:
    return {f"{name}/main.tf": body, f"{name}/stack.yaml": f"name: {name}\n{rules}"}


def ended(world: World) -> list[tuple[str, State]]:
    return [(run.stack, run.state) for run in world.work()]


def approve_all(world: World) -> list[tuple[str, State]]:
    """Until nothing waits for approval; what was applied, in that order."""
    applied: list[tuple[str, State]] = []
    while waiting := world.runs(states=frozenset({State.AWAITING_APPROVAL})):
        for run in waiting:
            world.approve(run)
        applied += [one for one in ended(world) if one[1] is State.APPLIED]
    return applied


def shown(world: World, *words: str) -> str:
    return CliRunner().invoke(main, ["-c", str(world.config), *words]).output


def everything_kept(world: World) -> bytes:
    """All but terraform's own states, which have values in clear as everywhere."""
    data = world.root / "data"
    return b"".join(
        path.read_bytes() for path in data.rglob("*") if path.is_file() and ".tfstate" not in path.name
    )


@pytest.fixture
def chain(beginnings: Beginnings, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """`net`, and `app` that takes three of its outputs, both applied."""
    monkeypatch.setenv("NET_PASSWORD", SECRET)
    with beginnings.lent(apply_chain, with_a_password) as world:
        yield world


@pytest.fixture
def moved(beginnings: Beginnings, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The chain after another output of `net` was applied: `app` is planned with it and waits."""
    monkeypatch.setenv("NET_PASSWORD", SECRET)
    with beginnings.lent(move_chain, with_a_password) as world:
        yield world


def with_a_password(root: Path) -> World:
    return World(root, CONFIG)


def apply_chain(world: World) -> None:
    world.commit_files({**files("net", net()), **files("app", APP.format(value="x"), TAKES)})
    world.poll()
    assert ended(world) == [("net", State.AWAITING_APPROVAL)]
    assert approve_all(world) == [("net", State.APPLIED), ("app", State.APPLIED)]


def move_chain(world: World) -> None:
    apply_chain(world)
    move_net(world, "2")


def app_state(world: World) -> str:
    return (world.app.workspaces.managed_state("app", "default") or b"").decode()


def test_a_value_flows_and_only_a_used_output_plans_again(chain: World) -> None:
    assert "vpc-1 a,1 x" in app_state(chain)
    chain.commit_files(files("net", net(value="two")))
    chain.poll()
    chain.work()
    assert approve_all(chain) == [("net", State.APPLIED)], "only an output that nobody uses has changed"
    assert chain.look("app").sync is Sync.SYNCED
    chain.commit_files(files("net", net(value="two", vpc="2")))
    chain.poll()
    chain.work()
    assert approve_all(chain) == [("net", State.APPLIED), ("app", State.APPLIED)]
    (again, *_) = chain.runs(stack="app")
    assert again.trigger is Trigger.OUTPUT
    assert again.reason == "" or "vpc_id" in again.reason
    assert "vpc-2 a,2 x" in app_state(chain)


def test_a_sensitive_output_is_used_and_found_nowhere_in_clear(chain: World) -> None:
    encoded = base64.b64encode(f"user:{SECRET}".encode()).decode()
    assert encoded in app_state(chain)
    (run, *_) = chain.runs(stack="app")
    kept = everything_kept(chain)
    texts = [
        shown(chain, *words)
        for words in (
            ("run", "show", run.name, "-o", "json"),
            ("run", "diff", run.name, "--full"),
            ("logs", run.name),
            ("stack", "show", "app"),
            ("stack", "show", "net", "-o", "json"),
        )
    ]
    for form in (SECRET, encoded, encoded.rstrip("=")):
        assert form.encode() not in kept
        assert not [text for text in texts if form in text]


def move_net(world: World, vpc: str, value: str = "one") -> None:
    """Another output, applied; `app` is planned with it and waits."""
    world.commit_files(files("net", net(value, vpc)))
    world.poll()
    (planned,) = world.work()
    world.approve(planned)
    assert ended(world) == [("net", State.APPLIED), ("app", State.AWAITING_APPROVAL)]


def test_a_plan_with_an_output_that_changed_again_is_replaced(moved: World) -> None:
    (first, *_) = moved.runs(stack="app")
    moved.approve(first)
    moved.commit_files(files("net", net(vpc="3")))
    moved.poll()
    request.request_plan(moved.app.control, moved.app.discoverer, "net", ANA)
    locking.take(moved.app.control, "app", BO, reason="not now")
    (planned,) = moved.work()
    moved.approve(planned, BO)
    moved.work()
    assert moved.run(first.id).state is State.SUPERSEDED
    assert moved.run(first.id).reason == "output vpc_id of net, output zones of net changed"


def test_a_rejected_plan_is_not_made_again_until_the_output_moves_again(moved: World) -> None:
    (first, *_) = moved.runs(stack="app")
    approving.reject(moved.app.control, first.id, ANA, "not this network")
    assert ended(moved) == []
    move_net(moved, "3")


def test_a_check_names_the_output_that_changed_and_finds_no_drift(moved: World) -> None:
    request.request_check(moved.app.control, ["app"], ANA)
    (check,) = moved.work()
    assert check.state is State.NO_CHANGES, check.reason
    assert "output vpc_id of net" in check.reason
    assert moved.report("app") is None
    assert moved.look("app").drift is DriftStatus.CLEAN


def test_outputs_of_a_stack_that_is_long_applied_are_read_by_a_check(plain: World) -> None:
    plain.applied("net", body='output "vpc_id" {{ value = "v" }}\n')
    plain.commit_files(files("web", WEB, "depends_on: [{stack: net, outputs: {vpc_id: app}}]\n"))
    plain.poll()
    assert ended(plain) == [("net", State.NO_CHANGES), ("web", State.AWAITING_APPROVAL)]


def test_without_a_value_nothing_is_planned_by_hand_either(plain: World) -> None:
    plain.commit_files(
        {
            **files("net", 'output "vpc_id" { value = "v" }\n'),
            **files("web", WEB, "depends_on: [{stack: net, outputs: {vpc: app}}]\n"),
        }
    )
    plain.poll()

    def plan(*, ignore: bool = False) -> None:
        request.request_plan(plain.app.control, plain.app.discoverer, "web", ANA, ignore_dependencies=ignore)

    with pytest.raises(DependencyMissing):
        plan()
    with pytest.raises(OutputUnknown):
        plan(ignore=True)
    plain.work()
    approve_all(plain)
    with pytest.raises(OutputMissing):
        plan(ignore=True)
    assert 'net has no output "vpc" (did you mean "vpc_id"?)' in shown(plain, "stack", "show", "web")


def test_a_chain_is_rolled_back_in_its_order(chain: World) -> None:
    chain.commit_files({**files("net", net(vpc="2")), **files("app", APP.format(value="y"), TAKES)})
    chain.poll()
    assert ended(chain) == [("net", State.AWAITING_APPROVAL)]
    assert approve_all(chain) == [("net", State.APPLIED), ("app", State.APPLIED)]
    assert "vpc-2 a,2 y" in app_state(chain)
    chain._git("revert", "--no-edit", "HEAD")
    chain.poll()
    assert ended(chain) == [("net", State.AWAITING_APPROVAL)], "app waits for the old network"
    assert approve_all(chain) == [("net", State.APPLIED), ("app", State.APPLIED)]
    assert "vpc-1 a,1 x" in app_state(chain)


def test_an_older_upstream_planned_by_hand_takes_its_dependants_along(moved: World) -> None:
    old = moved._git("rev-parse", "HEAD~1")
    assert approve_all(moved) == [("app", State.APPLIED)]
    request.request_plan(moved.app.control, moved.app.discoverer, "net", ANA, ref=old)
    (planned,) = moved.work()
    moved.approve(planned, BO)
    applied, *rest = moved.work()
    assert (applied.stack, applied.state) == ("net", State.APPLIED)
    (follows,) = [run for run in rest if run.stack == "app"]
    assert follows.trigger is Trigger.OUTPUT, "though what is newer in Git waits for `net` again"
    moved.approve(follows)
    moved.work()
    assert "vpc-1 a,1 x" in app_state(moved)


FAILS = """
resource "terraform_data" "late" {
  depends_on = [terraform_data.net]
  input      = timestamp()
  lifecycle {
    postcondition {
      condition     = self.output == ""
      error_message = "not today"
    }
  }
}
"""


def test_after_a_failed_apply_the_outputs_are_read_again_before_anybody_is_given_one(chain: World) -> None:
    chain.commit_files(files("net", net(vpc="2") + FAILS))
    chain.poll()
    (planned,) = chain.work()
    chain.approve(planned)
    failed, *others = chain.work()
    assert (failed.stack, failed.state) == ("net", State.APPLY_FAILED)
    (check,) = [run for run in others if run.stack == "net"]
    assert check.kind is Kind.DRIFT, "nobody waits for the next time of its schedule"
    with chain.app.store.reading() as reader:
        known = reader.known_outputs(["net"])["net"]
    assert known.run == check.id
