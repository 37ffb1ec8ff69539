"""Guard rails as the operator writes them: limits for every plan, and stricter rules for some stacks."""

from functools import cached_property
from typing import Any, ClassVar, Literal

from runner.model.stack.definition import STRICT
from runner.model.stack.match import EVERY_STACK, StackMatch
from runner.model.stack.match_index import MatchIndex
from runner.model.values.frozen import dataclass

EVERYTHING = ("*",)
PlanAction = Literal["create", "update", "replace", "delete", "forget", "read"]


@dataclass(frozen=True)
class Forbidden:
    """Changes that no plan may contain. An omitted key matches everything; all given keys have to match."""

    __pydantic_config__: ClassVar[Any] = STRICT
    types: tuple[str, ...] = EVERYTHING
    addresses: tuple[str, ...] = EVERYTHING
    actions: tuple[PlanAction, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True)
class RequiredTags:
    """Tags or labels that resources must have if their type can have any."""

    __pydantic_config__: ClassVar[Any] = STRICT
    tags: tuple[str, ...]
    types: tuple[str, ...] = EVERYTHING


@dataclass(frozen=True)
class ValueRule:
    """What an attribute may be. `attribute` is a path such as `root_block_device[*].volume_size`."""

    __pydantic_config__: ClassVar[Any] = STRICT
    types: tuple[str, ...]
    attribute: str
    allow: tuple[Any, ...] = ()  # texts, numbers, true, false or null
    forbid: tuple[Any, ...] = ()
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class GuardrailRule:
    """Stricter guard rails for the stacks that it matches: no other rule or default can loosen them."""

    __pydantic_config__: ClassVar[Any] = STRICT
    match: StackMatch = EVERY_STACK
    max_destroys: int | None = None
    max_changes: int | None = None
    protect_types: tuple[str, ...] = ()
    protect_addresses: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    forbid: tuple[Forbidden, ...] = ()
    required_tags: tuple[RequiredTags, ...] = ()
    values: tuple[ValueRule, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Guardrails:
    __pydantic_config__: ClassVar[Any] = STRICT
    max_destroys: int = 5
    max_changes: int = 200
    protect_types: tuple[str, ...] = ()
    protect_addresses: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    rules: tuple[GuardrailRule, ...] = ()

    @cached_property
    def index(self) -> MatchIndex:
        return MatchIndex.of(rule.match for rule in self.rules)


DEFAULT_GUARDRAILS = Guardrails()
