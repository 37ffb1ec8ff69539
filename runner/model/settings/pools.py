"""Pools of workers on other machines: which stacks execute there, and how much at once."""

from dataclasses import field
from typing import Any, ClassVar

from runner.model.stack.definition import STRICT
from runner.model.stack.match import StackMatch
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class PoolSettings:
    """Stacks execute in the first pool whose `match` fits; others may choose one, as far as their source allows it."""

    __pydantic_config__: ClassVar[Any] = STRICT
    name: str
    tokens: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    match: StackMatch | None = None
    at_most: int = 10
    checks_at_most: int = 5


@dataclass(frozen=True)
class WorkerSettings:
    """What makes this host a worker: where its work comes from."""

    __pydantic_config__: ClassVar[Any] = STRICT
    server: str
    token: str = field(repr=False)
    pool: str
    name: str | None = None
