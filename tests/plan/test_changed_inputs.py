"""Which findings of a check follow from a changed variable or output, and from nothing else."""

from typing import Any

import pytest

from runner.model.drift.report import DriftClass, Finding
from runner.model.drift.taxonomy import classify

NET = "data.terraform_remote_state.net"
VPC, ZONE = f"{NET}.outputs.vpc_id", f"{NET}.outputs.zone"
OUTPUTS = {VPC: "output vpc_id of net", "var.subnet": "output subnet of net"}


def document(
    references: list[str], *, outside: bool = False, module: str = "", reason: str | None = None
) -> Any:
    """One object whose value differs; what the value is made of."""
    address = f"{module}x_y.z"
    change = {
        "actions": ["update"],
        "before": {"value": "old", "name": "n"},
        "after": {"value": "new", "name": "n"},
        "after_unknown": {},
        "before_sensitive": {},
        "after_sensitive": {},
    }
    entry = {
        "address": address,
        "mode": "managed",
        "type": "x_y",
        "name": "z",
        "change": change,
        "action_reason": reason,
    }
    block = {
        "address": "x_y.z", "mode": "managed", "type": "x_y", "name": "z",
        "expressions": {"value": {"references": references}, "name": {"constant_value": "n"}},
    }  # fmt: skip
    return {
        "format_version": "1.2",
        "resource_changes": [entry],
        "resource_drift": [entry] if outside else [],
        "configuration": {"root_module": {"resources": [block]}},
    }


def found(given: Any, changed: dict[str, str]) -> Finding:
    (finding,) = classify(given, changed_inputs=changed)
    return finding


@pytest.mark.parametrize(
    ("references", "expected"),
    [
        (["var.size"], DriftClass.DRIFT),
        (["var.subnet"], DriftClass.UPSTREAM),
        (["var.subnet", "var.size"], DriftClass.UPSTREAM),
        (["var.subnet", "x_y.other"], DriftClass.DRIFT),
        ([VPC, f"{NET}.outputs", NET], DriftClass.UPSTREAM),
        ([f'{NET}.outputs["vpc_id"]', f"{NET}.outputs", NET], DriftClass.UPSTREAM),
        ([ZONE, f"{NET}.outputs", NET], DriftClass.DRIFT),
        ([VPC, ZONE, f"{NET}.outputs", NET], DriftClass.UPSTREAM),
        ([f"{NET}.outputs", NET], DriftClass.UPSTREAM),
        ([VPC, "data.terraform_remote_state.network.outputs.vpc_id"], DriftClass.DRIFT),
        ([VPC, "local.x"], DriftClass.DRIFT),
        ([], DriftClass.DRIFT),
    ],
)
def test_only_what_is_made_of_changed_outputs_and_variables_is_no_drift(
    references: list[str], expected: DriftClass
) -> None:
    assert found(document(references), OUTPUTS).drift_class is expected


def test_the_output_is_named() -> None:
    assert found(document([VPC, f"{NET}.outputs", NET]), OUTPUTS).reason == "output vpc_id of net changed"
    both = found(document([VPC, "var.subnet"]), OUTPUTS)
    assert both.reason == "output subnet of net, output vpc_id of net changed"


def test_a_variable_of_the_operator_stays_a_context() -> None:
    assert found(document(["var.size"]), {"var.size": ""}).drift_class is DriftClass.CONTEXT
    mixed = found(document(["var.size", "var.subnet"]), {"var.size": "", **OUTPUTS})
    assert mixed.drift_class is DriftClass.UPSTREAM


@pytest.mark.parametrize(
    "given",
    [
        document(["var.subnet"], outside=True),
        document(["var.subnet"], module="module.a."),
        document(["var.subnet"], reason="replace_because_tainted"),
    ],
    ids=["moved outside", "in a module", "tainted"],
)
def test_without_proof_it_is_drift(given: Any) -> None:
    assert found(given, OUTPUTS).drift_class is DriftClass.DRIFT
