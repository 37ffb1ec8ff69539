"""A plan that changes nothing is an answer: the stack is synced, and nothing is planned twice."""

from world import ANA, World

from runner.model.run.life import State, Trigger
from runner.model.stack.definition import DriftStatus, Sync
from runner.service.operator.request import request_check

OTHER = (
    '{"version": 4, "terraform_version": "1.5.0", "serial": 1, "lineage": "x", "resources": [],'
    ' "outputs": {"ready": {"value": "yes", "type": "string"}}, "check_results": null}'
)
# Terraform puts the data source of a check off to the apply, so each of its plans ends with exit code 2.
CHECKED = """\
check "up" {
  data "terraform_remote_state" "other" {
    backend = "local"
    config  = { path = "${path.module}/other.json" }
  }
  assert {
    condition     = data.terraform_remote_state.other.outputs.ready == "yes"
    error_message = "not ready"
  }
}
"""


def checked(world: World) -> None:
    world.commit_files({"web/main.tf": CHECKED, "web/other.json": OTHER, "web/stack.yaml": "name: web\n"})


def test_a_plan_that_only_reads_leaves_the_stack_synced(plain: World) -> None:
    checked(plain)
    plain.poll()
    assert [run.state for run in plain.work()] == [State.NO_CHANGES]
    assert plain.look().sync is Sync.SYNCED
    assert plain.work() == []


def test_a_check_of_a_stack_that_only_reads_is_clean_and_distrusts_no_probe(plain: World) -> None:
    checked(plain)
    plain.poll()
    plain.work()
    for _ in range(2):
        request_check(plain.app.control, ["web"], ANA)
        [check] = plain.work()
        assert (check.state, check.trigger) == (State.NO_CHANGES, Trigger.MANUAL)
    assert plain.look().drift is DriftStatus.CLEAN
    with plain.app.store.reading() as reader:
        assert "a full plan found" not in reader.probe("web").reason


def test_what_a_plan_reads_is_kept_to_be_looked_at(plain: World) -> None:
    checked(plain)
    plain.poll()
    [run] = plain.work()
    with plain.app.store.reading() as reader:
        changes = reader.changes(run.id)
    assert changes is not None
    assert [one.address for one in changes.resources] == ["data.terraform_remote_state.other"]
