"""Documents of a real Terraform, in each shape that a built-in resource can have."""

from pathlib import Path
from typing import Any

import pytest
from terraform_plans import Module, needs_terraform
from untrusted import deceives

from runner.model.changes.changes import MASK, UNKNOWN, Action, Summary
from runner.model.drift.taxonomy import classify
from runner.model.plan.fingerprint import fingerprint
from runner.model.plan.reading import plan_problem, read_plan
from runner.model.plan.text import render
from runner.model.values.codec import to_plain

pytestmark = needs_terraform

KEY = b"k" * 32
SECRET = "canary-5ecret"


@pytest.fixture
def module(tmp_path: Path) -> Module:
    return Module(tmp_path)


def data(name: str, body: str) -> str:
    return f'resource "terraform_data" "{name}" {{\n{body}\n}}\n'


def shown(plan: dict[str, Any]) -> str:
    read = read_plan(plan)
    return f"{read!r}{to_plain(read)}{render(read, full=True)}{classify(plan)!r}"


def test_a_create_shows_what_is_known(module: Module) -> None:
    read = read_plan(module.plan(data("a", "input = { env = 1, list = [true] }")))
    (made,) = read.resources
    assert (made.address, made.type, made.action) == ("terraform_data.a", "terraform_data", Action.CREATE)
    assert {a.path: a.after for a in made.attributes} == {
        "id": UNKNOWN,
        "input.env": 1,
        "input.list[0]": True,
        "output": UNKNOWN,
    }
    assert read.summary == Summary(create=1)


def test_every_other_action_at_once(module: Module) -> None:
    child = data("in", 'input = 1\nprovisioner "local-exec" { command = "true" }')
    (module.folder / "child").mkdir()
    (module.folder / "child" / "main.tf").write_text(child)
    call = 'module "m" {\n  source = "./child"\n  count = %d\n}\n'
    names = ("kept", "changed", "replaced", "gone", "left", "old")
    module.apply("".join(data(name, "input = 1\ntriggers_replace = [1]") for name in names) + call % 1)
    plan = module.plan(
        data("kept", "input = 1\ntriggers_replace = [1]")
        + data("changed", "input = true\ntriggers_replace = [1]")
        + data("replaced", "input = 1\ntriggers_replace = [2]\nlifecycle { create_before_destroy = true }")
        + data("new", "input = 1\ntriggers_replace = [1]")
        + data("taken", "input = 1")
        + "moved {\n  from = terraform_data.old\n  to = terraform_data.new\n}\n"
        + 'import {\n  to = terraform_data.taken\n  id = "some-id"\n}\n'
        + "removed {\n  from = terraform_data.left\n  lifecycle { destroy = false }\n}\n"
        + 'output "o" { value = terraform_data.changed.output }\n'
        + call % 2
    )
    read = read_plan(plan)
    assert {r.address: r.action for r in read.resources} == {
        "terraform_data.changed": Action.UPDATE,
        "terraform_data.replaced": Action.REPLACE,
        "terraform_data.gone": Action.DELETE,
        "terraform_data.left": Action.FORGET,
        "terraform_data.new": Action.NO_OP,
        "terraform_data.taken": Action.UPDATE,
        "module.m[1].terraform_data.in": Action.CREATE,
    }
    by_address = {r.address.split(".")[-1]: r for r in read.resources}
    assert by_address["new"].previous_address == "terraform_data.old"
    assert by_address["taken"].importing == "some-id"
    assert ("input", 1, True) in [(a.path, a.before, a.after) for a in by_address["changed"].attributes]
    assert [a.path for a in by_address["replaced"].attributes if a.forces_replacement] == [
        "triggers_replace[0]"
    ]
    assert read.provisioners == ("module.m[1].terraform_data.in",)
    assert read.summary == Summary(
        create=1, update=2, replace=1, delete=1, import_=1, forget=1, move=1, output=1
    )
    assert [(o.name, o.after) for o in read.outputs] == [("o", UNKNOWN)]
    assert plan_problem(plan) is None


KEYS = ["a.b", 'q"uote', "br[0]", "x\u202ey", "${x}", "new\nline", "ü", "back\\slash", "\x1b[2J"]


def test_addresses_with_any_key_are_read_and_shown_safely(module: Module) -> None:
    written = ", ".join('"' + "".join(f"\\U{ord(c):08x}" for c in key) + '"' for key in KEYS)
    read = read_plan(module.plan(data("a", f"for_each = toset([{written}])\ninput = each.key")))
    assert sorted(a.after for r in read.resources for a in r.attributes if a.path == "input") == sorted(KEYS)
    assert not deceives(render(read), newlines=True)


PASSWORD = 'variable "p" {\n  sensitive = true\n  default = "%s"\n}\n'


def leaky(value: str) -> str:
    """Where a secret can go: attributes, a list, a JSON text, outputs, and the unmarked copy in `output`."""
    return (
        PASSWORD % value
        + data("a", "input = { deep = { list = [1, var.p] }, env = 1, json = jsonencode({ x = var.p }) }")
        + data("b", 'input = "postgres://u:${var.p}@h"')
        + data("c", "input = nonsensitive(terraform_data.a.output.env)\ntriggers_replace = var.p")
        + 'output "o" {\n  value = { a = var.p, b = [terraform_data.b.output] }\n  sensitive = true\n}\n'
    )


def test_a_sensitive_variable_is_in_nothing_that_is_read(module: Module) -> None:
    plans = [module.apply(leaky(SECRET)), module.apply(leaky(f"{SECRET}-2")), module.plan("", "-destroy")]
    texts = [str(plan) for plan in plans]
    assert all(SECRET in text for text in texts)
    assert not [plan["timestamp"] for plan in plans if SECRET in shown(plan)]


def test_a_changed_secret_is_shown_as_a_change_and_moves_the_fingerprint(module: Module) -> None:
    module.apply(leaky(SECRET))
    plans = [module.plan(leaky(f"{SECRET}-{i}")) for i in (2, 3)]
    paths = {a.path: (a.before, a.after) for a in read_plan(plans[0]).resources[0].attributes}
    assert paths["input.deep.list[1]"] == (MASK, MASK)
    assert "input.env" not in paths
    assert len({fingerprint(plan, KEY) for plan in plans}) == 2


def test_a_value_that_is_no_longer_sensitive_stays_masked(module: Module) -> None:
    module.apply(PASSWORD % SECRET + data("a", "input = var.p"))
    plan = module.plan(data("a", f'input = "{SECRET}"'))
    (attribute,) = read_plan(plan).resources[0].attributes
    assert (attribute.path, attribute.mark_only) == ("input", True)
    assert SECRET not in shown(plan)


def test_two_plans_of_the_same_thing_have_one_fingerprint(module: Module) -> None:
    module.apply(leaky(SECRET))
    one, other = (module.plan(leaky(f"{SECRET}-2")) for _ in range(2))
    assert fingerprint(one, KEY) == fingerprint(other, KEY)


def test_an_unrelated_change_of_the_state_leaves_the_fingerprint(module: Module) -> None:
    wanted = data("a", "input = 2")
    module.apply(data("a", "input = 1"))
    before = fingerprint(module.plan(wanted), KEY)
    module.apply(data("a", "input = 1") + data("other", ""))
    assert fingerprint(module.plan(wanted + data("other", "")), KEY) == before


def test_a_failed_precondition_leaves_a_plan_that_is_a_problem(module: Module) -> None:
    broken = 'lifecycle {\n precondition {\n condition = var.n == 2\n error_message = "no"\n }\n}'
    code = 'variable "n" { default = 1 }\n' + data("a", broken)
    plan = module.plan(code, fails=True)
    assert plan_problem(plan) is not None


def test_a_plan_of_a_target_is_not_complete(module: Module) -> None:
    plan = module.plan(data("a", "") + data("b", ""), "-target=terraform_data.a")
    assert plan_problem(plan) is None
    assert (read_plan(plan).complete, read_plan(plan).summary.create) == (False, 1)


def test_an_unchanged_module_has_an_empty_plan(module: Module) -> None:
    code = leaky(SECRET)
    module.apply(code)
    plan = module.plan(code)
    assert (read_plan(plan).empty, classify(plan)) == (True, ())


def test_a_destroy_is_a_delete_of_each(module: Module) -> None:
    module.apply(leaky(SECRET))
    assert read_plan(module.plan(leaky(SECRET), "-destroy")).summary == Summary(delete=3, output=1)
