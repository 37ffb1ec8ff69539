"""A plan's changes for people and records: secrets are masked before a value of this module exists."""

from collections.abc import Iterable
from dataclasses import fields
from enum import StrEnum
from typing import Any

from runner.model.changes.snippet import Snippet
from runner.model.values.frozen import dataclass

MASK = "(sensitive value)"
UNKNOWN = "(known after apply)"


class Action(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    READ = "read"
    FORGET = "forget"
    NO_OP = "no-op"


SYMBOLS: dict[Action, str] = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "-/+",
    Action.DELETE: "-",
    Action.READ: "<=",
    Action.FORGET: ".",
    Action.NO_OP: " ",
}


@dataclass(frozen=True)
class AttributeChange:
    """`before` and `after` are JSON values, or MASK, or UNKNOWN. `path` is like `tags.env` or `rule[0].port`."""

    path: str
    before: Any
    after: Any
    forces_replacement: bool = False
    sensitive: bool = False  # MASK stands for a secret, not for a text that happens to read so
    unknown: bool = False  # `after` is UNKNOWN
    mark_only: bool = False  # the value stays the same; only its sensitivity changes
    # The rows that differ, if `before` and `after` are too long to store, or are base64 of a text.
    difference: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ResourceChange:
    address: str
    type: str
    action: Action
    attributes: tuple[AttributeChange, ...] = ()
    previous_address: str | None = None  # from a moved block
    importing: str | None = None  # the id in an import block
    deposed: str | None = None
    action_reason: str | None = None
    data: bool = False  # for a data source
    keeps_old: bool = False  # for a replace: the old object is forgotten, not destroyed


@dataclass(frozen=True)
class OutputChange:
    name: str
    action: Action
    before: Any
    after: Any
    sensitive: bool = False
    unknown: bool = False
    difference: tuple[tuple[str, str], ...] = ()  # as for an attribute


@dataclass(frozen=True)
class Invocation:
    """An `action` that the apply invokes. `deferred` says why it is deferred to a later plan instead."""

    address: str
    type: str
    provider: str
    trigger: str  # in words, such as `after terraform_data.a is created`
    configuration: tuple[AttributeChange, ...] = ()
    on_failure: str = ""
    deferred: str = ""


@dataclass(frozen=True)
class Reading:
    """A value that the apply reads while evaluating something: masked, and cut if long."""

    name: str
    value: Any = None
    sensitive: bool = False
    unknown: bool = False
    mark: str = ""  # keyed: equal if the value is


@dataclass(frozen=True)
class Evaluated:
    """An argument that only the apply evaluates. `reads` names its readings."""

    kind: str  # provisioner, write-only, action, provider
    subject: str
    argument: str
    name: str = ""  # type of a provisioner
    index: int = 0
    code: str = ""  # source text, if known
    reads: tuple[str, ...] = ()


@dataclass(frozen=True)
class Provisioner:
    """A command that runs with a resource, as the code declares it. `arguments` are source texts."""

    address: str
    name: str
    arguments: tuple[tuple[str, str], ...] = ()
    index: int = 0
    at_destroy: bool = False
    removed: bool = False  # in a `removed` block


@dataclass(frozen=True)
class Setting:
    """One setting of a provider that says where it works. `code` is for a value that cannot be derived from it."""

    name: str
    value: Any = None
    origin: str = ""
    code: str = ""


@dataclass(frozen=True)
class Place:
    provider: str
    settings: tuple[Setting, ...] = ()


@dataclass(frozen=True)
class Summary:
    """Counts per action; a replace counts once."""

    create: int = 0
    update: int = 0
    replace: int = 0
    delete: int = 0
    import_: int = 0
    forget: int = 0
    move: int = 0
    output: int = 0
    action: int = 0

    @property
    def changes(self) -> int:
        """Resources touched: what `max_changes` limits."""
        return self.create + self.update + self.replace + self.delete + self.import_ + self.forget

    @property
    def destroys(self) -> int:
        """Objects destroyed: what `max_destroys` limits."""
        return self.replace + self.delete


@dataclass(frozen=True)
class ApplyOnly:
    """What an apply does beyond resource changes: what it runs and invokes, and where its providers work."""

    provisioners: tuple[str, ...] = ()  # addresses whose create or destroy runs a provisioner
    actions: tuple[Invocation, ...] = ()
    places: tuple[Place, ...] = ()  # where the providers that it uses work
    commands: tuple[Provisioner, ...] = ()  # the code of `provisioners`
    evaluated: tuple[Evaluated, ...] = ()
    readings: tuple[Reading, ...] = ()


NOTHING_BESIDES = ApplyOnly()


@dataclass(frozen=True)
class ChangeSet(ApplyOnly):
    """Everything a plan would do. `drift` is terraform's resource_drift: what changed outside."""

    resources: tuple[ResourceChange, ...] = ()
    outputs: tuple[OutputChange, ...] = ()
    drift: tuple[ResourceChange, ...] = ()
    summary: Summary = Summary()
    moving: tuple[str, ...] = ()  # attributes set to the time of the plan, which differs in each plan
    complete: bool = True  # False with targets, or if terraform deferred something to a later plan
    broken: tuple[str, ...] = ()  # what the operator's rules about the content of plans object to
    judged_by: str = ""  # digest of these rules

    @property
    def apply_only(self) -> ApplyOnly:
        return ApplyOnly(**{field.name: getattr(self, field.name) for field in fields(ApplyOnly)})

    @property
    def empty(self) -> bool:
        return not self.summary.changes and not self.summary.move and not self.outputs and not self.actions


@dataclass(frozen=True)
class Diagnostic:
    """One of terraform's diagnostics, with its location in the code if it has one."""

    severity: str
    summary: str
    detail: str = ""
    file: str | None = None
    line: int | None = None
    address: str | None = None
    snippet: Snippet | None = None


def first_error(diagnostics: Iterable[Diagnostic]) -> Diagnostic | None:
    """Usually the cause of those after it."""
    return next((one for one in diagnostics if one.severity == "error"), None)


def error_summary(diagnostics: Iterable[Diagnostic]) -> str:
    """The first error in one line; empty if there is none."""
    first = first_error(diagnostics)
    return "" if first is None else first.summary
