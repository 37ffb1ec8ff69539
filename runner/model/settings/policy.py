"""Policies and checks of the operator: which judge the plans of which stacks."""

from pathlib import Path
from typing import Any, ClassVar, Literal

from runner.model.stack.definition import STRICT
from runner.model.stack.match import EVERY_STACK, StackMatch
from runner.model.values.frozen import dataclass
from runner.model.values.span import Seconds


@dataclass(frozen=True)
class Policy:
    """Rego in a file or in the files of a folder; it denies, warns, or asks for more approvals."""

    __pydantic_config__: ClassVar[Any] = STRICT
    name: str
    path: Path
    match: StackMatch = EVERY_STACK
    engine: Literal["auto", "regopy", "opa"] = "auto"
    timeout: Seconds = Seconds(20)
    reason: str = ""


@dataclass(frozen=True)
class Check:
    """A scanner: `{plan}` in its command is the plan's JSON, `{tree}` the folder of the code."""

    __pydantic_config__: ClassVar[Any] = STRICT
    name: str
    command: tuple[str, ...]
    match: StackMatch = EVERY_STACK
    blocking: bool = False
    sarif: bool = False
    network: bool = False
    timeout: Seconds = Seconds(300)
    reason: str = ""
