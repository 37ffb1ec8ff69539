"""Contexts: variables, secrets and files that the operator gives to some stacks and to no others."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import field, fields, replace
from enum import StrEnum
from typing import Any, ClassVar, Literal

from runner.model.stack.definition import STRICT, VARIABLE, AwsRoles, StackDefinition
from runner.model.stack.match import EVERY_STACK, StackMatch, reaches
from runner.model.values.frozen import dataclass

PHASES = ("plan", "apply")
NO_ROLES = AwsRoles()


@dataclass(frozen=True)
class Context:
    """References in `vars`, `env` and `files` stay unresolved: each run resolves them. `for_` are the phases.

    `aws` and `engine_version` are for stacks that do not set these themselves.
    """

    __pydantic_config__: ClassVar[Any] = STRICT
    name: str
    match: StackMatch = EVERY_STACK
    vars: dict[str, Any] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    for_: tuple[Literal["plan", "apply"], ...] = ("plan", "apply")
    aws: AwsRoles = NO_ROLES
    engine_version: str | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """In which references may be."""
        inputs = (value for value in self.vars.values() if isinstance(value, str))
        return (*self.env.values(), *self.files.values(), *inputs)


class Sets(StrEnum):
    """What kind of thing a context gives."""

    VARIABLE = "variable"
    ENVIRONMENT = "environment"
    FILE = "file"


@dataclass(frozen=True)
class Gift:
    """One thing that one context gives; `variable` is the environment variable that it reaches a run in."""

    context: str
    kind: Sets
    name: str
    text: str  # with its references
    literal: bool = False  # no text of the operator's, so that nothing in it is a reference

    @property
    def secret(self) -> bool:
        """Whether its value is one: a file, or a text that refers to something."""
        return self.kind is Sets.FILE or (not self.literal and "${" in self.text)

    @property
    def variable(self) -> str:
        return self.name if self.kind is Sets.ENVIRONMENT else f"{VARIABLE}{self.name}"


def reaching(contexts: Iterable[Context], definition: StackDefinition, source: str) -> tuple[Context, ...]:
    """The contexts that match the stack, in the order of the configuration."""
    return tuple(one for one in contexts if reaches(one.match, definition, source))


def gifts(contexts: Iterable[Context], phase: str) -> dict[str, Gift]:
    """What they give together in one phase, by variable; of two that set the same, the later one."""
    return {
        gift.variable: gift for context in contexts if phase in context.for_ for gift in gifts_of(context)
    }


def gifts_of(context: Context) -> Iterator[Gift]:
    for name, value in context.vars.items():
        yield Gift(
            context.name, Sets.VARIABLE, name, variable_text(value), literal=not isinstance(value, str)
        )
    for name, text in context.env.items():
        yield Gift(context.name, Sets.ENVIRONMENT, name, text)
    for name, text in context.files.items():
        yield Gift(context.name, Sets.FILE, name, text)


def furnished(contexts: Iterable[Context], definition: StackDefinition, source: str) -> StackDefinition:
    """The definition with the roles and the engine version that contexts give to it, the later ones first."""
    for context in reversed(reaching(contexts, definition, source)):
        missing = {
            one.name: value
            for one in fields(AwsRoles)
            if getattr(definition.aws, one.name) is None
            and (value := getattr(context.aws, one.name)) is not None
        }
        if missing:
            definition = replace(definition, aws=replace(definition.aws, **missing))
        if definition.engine_version is None and context.engine_version is not None:
            definition = replace(definition, engine_version=context.engine_version)
    return definition


def variable_text(value: Any) -> str:
    """As terraform reads TF_VAR_: text as it is, everything else as an expression.

    https://developer.hashicorp.com/terraform/language/values/variables#environment-variables
    """
    if isinstance(value, str):
        return value
    # A template in a text would be evaluated; `$${` is how HCL writes a plain `${`.
    return json.dumps(value, sort_keys=True).replace("${", "$${").replace("%{", "%%{")


def context_inputs(contexts: Iterable[Context]) -> str:
    """What a plan reads of the contexts that reach its stack, without any secret; empty where none does."""
    reaching_it = tuple(contexts)
    found = [
        (phase, name, gift.kind, gift.text)
        for phase in PHASES
        for name, gift in gifts(reaching_it, phase).items()
    ]
    roles = [vars(one.aws) for one in reaching_it if one.aws != NO_ROLES]
    versions = [one.engine_version for one in reaching_it if one.engine_version is not None]
    more = [part for part in (roles, versions) if part]
    return json.dumps([*sorted(found), *more], sort_keys=True) if found or more else ""
