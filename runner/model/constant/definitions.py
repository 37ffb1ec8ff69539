"""What a module's files declare that a module source, a version or a backend may refer to."""

from collections.abc import Mapping
from dataclasses import field

from runner.model.constant.expression import Expression, Written
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Variable:
    """`secret` is the word that marks it as sensitive or ephemeral, if any of its values is one."""

    declared: Expression | None = None  # its type
    default: Written | None = None
    constant: bool = False  # `const = true`
    secret: str = ""
    nullable: bool = True  # whether that is not said


@dataclass(frozen=True)
class ModuleCall:
    source: Written
    version: Written | None = None
    arguments: Mapping[str, Written] = field(default_factory=dict)


@dataclass(frozen=True)
class Definitions:
    """`repeated` are names such as `var.x` with several blocks, as override files have them: none of them is followed.

    `unread` says why a file cannot be read, so that any name may be declared there.
    """

    variables: Mapping[str, Variable] = field(default_factory=dict)
    locals: Mapping[str, Written] = field(default_factory=dict)
    calls: Mapping[str, ModuleCall] = field(default_factory=dict)
    backend: Mapping[str, Written] = field(default_factory=dict)
    repeated: frozenset[str] = frozenset()
    unread: str = ""


NOTHING = Definitions()
