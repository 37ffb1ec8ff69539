"""What a stack file says of outputs, in the record of its definition."""

import json

from runner.config.stack_file import StackFileReader
from runner.model.settings.source import Allow
from runner.model.stack.definition import StackDefinition, Upstream
from runner.store.rows import definition_of

# Of the release before outputs could be taken.
OLD = (
    '{"apply":{"approvals":null,"approvers":[],"mode":"approved","protect":[]},"aws":{"apply_role":null,'
    '"external_id":null,"plan_role":null,"region":null},"backend_config":{},"depends_on":["network"],"drift":'
    '{"action":"report","confirm":null,"ignore":[],"probe":"auto","schedule":null},"engine":"terraform",'
    '"engine_version":null,"env":{},"labels":{},"name":"app","parallelism":10,"path":".","paused":false,'
    '"renamed_from":null,"terraform_workspace":"default","timeouts":{"init":null,"plan":null},"var_files":[],'
    '"vars":{},"watch":[]}'
)


def test_a_definition_without_outputs_keeps_its_digest() -> None:
    """Another one would plan every stack again after an upgrade."""
    assert StackDefinition("app", depends_on=("network",)).document == OLD
    assert definition_of(OLD) == StackDefinition("app", depends_on=("network",))


def test_a_definition_with_outputs_is_read_back_from_the_record() -> None:
    definition = StackDefinition("app", depends_on=("dns", Upstream("network", {"vpc_id": "TF_VAR_vpc_id"})))
    assert definition_of(definition.document) == definition
    assert definition_of(json.dumps(json.loads(definition.document))).digest == definition.digest


def test_what_was_asked_of_a_definition_is_no_part_of_its_record() -> None:
    asked = StackDefinition("app", depends_on=(Upstream("network", {"vpc_id": "vpc_id"}),))
    assert asked.takes
    assert asked.digest == StackDefinition("app", depends_on=asked.depends_on).digest


def test_both_spellings_name_the_same_variable() -> None:
    text = b"name: app\ndepends_on: [{stack: net, outputs: {a: TF_VAR_one, b: two}}]\n"
    (stack,), _ = StackFileReader().read("stack.yaml", text, Allow())
    (upstream,) = stack.upstreams
    assert [upstream.variable(output) for output in ("a", "b")] == ["one", "two"]
    assert stack.dependencies == ("net",)
