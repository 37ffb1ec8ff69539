"""Evaluate an expression as it stands in a file."""

from collections.abc import Mapping
from decimal import Decimal

from runner.engine.modules.definitions import definitions_of, stack_values
from runner.hcl.parsed import parse
from runner.model.constant.budget import Budget
from runner.model.constant.evaluate import evaluate
from runner.model.constant.expression import Refused, Value, Written
from runner.model.constant.given import Given, ValuesFile
from runner.model.constant.scope import Rules, Scope

NAMES: Mapping[str, Value] = {
    "var.name": "Prod",
    "var.empty": "",
    "var.none": None,
    "var.map": {"eu": "frankfurt", "us": "ohio"},
    "var.list": ["a", "b", "c"],
    "var.number": Decimal(3),
    "var.yes": True,
}
TOFU, TERRAFORM = Rules(constant_only=False, workspace="blue"), Rules(constant_only=True, workspace=None)


def look(name: str) -> Value:
    if name not in NAMES:
        raise Refused(f"{name} is not known")
    return NAMES[name]


def value(text: str) -> Value:
    return evaluate(parse(text), look, Budget())


def root(
    code: str | Mapping[str, bytes],
    vars_: Mapping[str, object] | None = None,
    *files: ValuesFile,
    rules: Rules = TOFU,
) -> Scope:
    """The names of a root module with these files."""
    content = {"main.tf": code.encode()} if isinstance(code, str) else code
    definitions = definitions_of(content)
    given = Given(files=(*files, *((stack_values(vars_),) if vars_ else ())))
    return Scope(lambda: definitions, rules, Budget(), given)


def seen(scope: Scope, text: str) -> Value:
    return scope.value(Written(parse(text), text, "main.tf"))
