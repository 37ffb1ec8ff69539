"""What is read from a state, and what of it is shown."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from runner.errors import StateEncrypted
from runner.model.approval.arriving_state import Unreadable
from runner.model.changes.changes import MASK, Action
from runner.model.secret.copies import Secrets
from runner.model.state.comparison import changes_between
from runner.model.state.following import objection
from runner.model.state.header import Header, header_of, with_serial
from runner.model.state.retained import superfluous
from runner.model.state.version import Origin, StateKey, StateVersion

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def state(serial: int = 3, *, outputs: Any = None, **instances: Any) -> bytes:
    """A state with these resources, each with its attributes, or with a whole instance."""
    resources = [
        {
            "mode": "managed",
            "type": "terraform_data",
            "name": name,
            "provider": 'provider["terraform.io/builtin/terraform"]',
            "instances": [one if "attributes" in one else {"attributes": one}],
        }
        for name, one in instances.items()
    ]
    return json.dumps(
        {
            "version": 4,
            "terraform_version": "1.11.4",
            "serial": serial,
            "lineage": "lineage-a",
            "outputs": outputs or {},
            "resources": resources,
        },
        indent=2,
    ).encode()


def version(number: int, serial: int, lineage: str = "lineage-a") -> StateVersion:
    return StateVersion(number, serial, lineage, f"{number}", 1, 1, "1.11.4", Origin.APPLY, "run-1", NOON)


def test_an_encrypted_state_shows_its_lineage_and_serial_only() -> None:
    content = json.dumps({"serial": 7, "lineage": "x", "encrypted_data": "AAAA", "meta": {}}).encode()
    assert header_of(content) == Header("x", 7, None, "")
    with pytest.raises(StateEncrypted):
        changes_between(None, content)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"version": 4}', b'{"version": 4, "encrypted_data": 1}']
)
def test_what_is_no_state_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        header_of(content)


def test_another_serial_changes_nothing_else_of_a_state() -> None:
    exact = b'{"outputs": {"serial": {"value": "\\"serial\\": 1"}}, "serial": 41, "n": 1e400, "m": 0.10000000000000000001}'
    assert with_serial(exact, 9000) == exact.replace(b'"serial": 41', b'"serial": 9000')


def test_a_value_that_reads_like_a_serial_is_left_alone() -> None:
    exact = b'{"outputs": {"a": {"serial": 5}}, "serial": 5}'
    assert with_serial(exact, 6) == b'{"outputs": {"a": {"serial": 5}}, "serial": 6}'


def test_two_versions_differ_by_what_was_created_changed_and_removed() -> None:
    before = state(gone={"input": "x"}, kept={"input": "old", "same": 1})
    after = state(4, new={"input": "y"}, kept={"input": "new", "same": 1})
    found = changes_between(before, after)
    assert {one.address: one.action for one in found.resources} == {
        "terraform_data.gone": Action.DELETE,
        "terraform_data.new": Action.CREATE,
        "terraform_data.kept": Action.UPDATE,
    }
    (kept,) = [one for one in found.resources if one.action is Action.UPDATE]
    assert [(one.path, one.before, one.after) for one in kept.attributes] == [("input", "old", "new")]


def test_a_deposed_object_is_told_apart_from_the_current_one() -> None:
    both = json.loads(state(it={"input": "a"}))
    both["resources"][0]["instances"].append({"attributes": {"input": "b"}, "deposed": "abcd1234"})
    found = changes_between(state(it={"input": "a"}), json.dumps(both).encode())
    assert [(one.address, one.deposed) for one in found.resources] == [("terraform_data.it", "abcd1234")]


def test_modules_keys_and_data_are_in_the_address() -> None:
    document = json.loads(state(it={"input": "a"}))
    document["resources"][0] |= {"module": "module.net", "mode": "data"}
    document["resources"][0]["instances"][0]["index_key"] = "eu"
    (found,) = changes_between(None, json.dumps(document).encode()).resources
    assert found.address == 'module.net.data.terraform_data.it["eu"]'


@pytest.mark.parametrize(
    "instance",
    [
        {
            "attributes": {"input": "hunter2-long"},
            "sensitive_attributes": [[{"type": "get_attr", "value": "input"}]],
        },
        {
            "attributes": {"input": [{"a": "hunter2-long"}]},
            "sensitive_attributes": [
                [
                    {"type": "get_attr", "value": "input"},
                    {"type": "index", "value": {"value": 0, "type": "number"}},
                    {"type": "get_attr", "value": "a"},
                ]
            ],
        },
        {
            "attributes": {"input": {"value": [{"a": "hunter2-long"}], "type": ["tuple", [["object", {}]]]}},
            "sensitive_attributes": [
                [
                    {"type": "get_attr", "value": "input"},
                    {"type": "index", "value": {"value": 0, "type": "number"}},
                    {"type": "get_attr", "value": "a"},
                ]
            ],
        },
        {
            "attributes": {"record": {"value": "public", "type": "hunter2-long"}},
            "sensitive_attributes": [
                [{"type": "get_attr", "value": "record"}, {"type": "get_attr", "value": "type"}]
            ],
        },
        {"attributes": {"master_password": "hunter2-long"}},
        {"attributes": {"block": [{"secret_key": "hunter2-long"}]}},
    ],
)
def test_what_is_marked_or_named_as_a_secret_is_shown_nowhere(instance: Any) -> None:
    outputs = {"copy": {"value": "is hunter2-long", "type": "string"}}
    shown = changes_between(None, state(it=instance, outputs=outputs))
    assert "hunter2" not in repr(shown)
    assert MASK in repr(shown)


def test_a_secret_that_nothing_marks_is_masked_where_driftline_knows_it_and_its_change_is_still_seen() -> (
    None
):
    hidden = Secrets.of({"hunter2-old", "hunter2-new"})
    shown = changes_between(
        state(it={"attributes": {"note": "hunter2-old"}}),
        state(it={"attributes": {"note": "hunter2-new"}}),
        hidden,
    )
    assert "hunter2" not in repr(shown)
    assert [str(one.action) for one in shown.resources] == ["update"]


def test_a_sensitive_output_is_masked() -> None:
    outputs = {"it": {"value": "hunter2-long", "type": "string", "sensitive": True}}
    (found,) = changes_between(None, state(outputs=outputs)).outputs
    assert (found.after, found.sensitive) == (MASK, True)


@pytest.mark.parametrize(
    ("lineage", "serial", "digest", "shown"),
    [
        ("lineage-a", 6, "new", None),
        ("lineage-a", 5, "5", None),
        ("lineage-a", 5, "other", "the same serial 5"),
        ("lineage-a", 4, "other", "its serial 4 is older than 5"),
        ("lineage-b", 9, "other", "it has lineage lineage-b"),
    ],
)
def test_a_state_may_follow_only_with_a_higher_serial_of_the_same_lineage(
    lineage: str, serial: int, digest: str, shown: str | None
) -> None:
    found = objection(Header(lineage, serial, 1, ""), version(5, 5), digest)
    assert (found is None) if shown is None else shown in (found or "")


def test_the_first_state_follows_nothing() -> None:
    assert objection(Header("any", 0, 0, ""), None, "new") is None


def test_the_newest_versions_stay_and_those_that_open_runs_were_planned_on() -> None:
    kept = [version(number, number) for number in (5, 4, 3, 2, 1)]
    assert [one.number for one in superfluous(kept, 2, ())] == [1, 2, 3]
    assert [one.number for one in superfluous(kept, 2, {("lineage-a", 2)})] == [1, 3]
    assert superfluous(kept[:1], 0, ()) == []


def test_states_of_two_stacks_or_workspaces_have_folders_of_their_own() -> None:
    names = {StateKey(*one).name for one in (("a", "b"), ("a/b", "default"), ("a", "default"), ("a-b", ""))}
    assert len(names) == 4
