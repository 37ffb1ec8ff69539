"""A stack: one root module + workspace + variables + schedule + approval rules, as a YAML document declares it.

The dataclasses are the schema: pydantic reads them in `runner.config`, nothing is written twice.
"""

import json
from collections.abc import Mapping
from dataclasses import field, fields, replace
from datetime import datetime
from enum import StrEnum
from functools import cache, cached_property
from typing import Any, ClassVar, Literal, Self

from runner.model.changes.warnings import FailingCheck
from runner.model.outputs.remote import RemoteRead
from runner.model.outputs.taken import Mark, Taken, moved
from runner.model.stack.engine_wants import ANY, EngineWants
from runner.model.stack.heal_rule import HealRule, Reaction
from runner.model.values.codec import from_plain
from runner.model.values.frozen import dataclass
from runner.model.values.span import Seconds

NAME_PATTERN = r"^[a-z0-9][a-z0-9._/-]{0,63}$"
DEFAULT_WORKSPACE = "default"  # terraform's, which every backend has
STRICT = {"extra": "forbid"}
ONLY_IN_PULL_REQUESTS = "known only from pull requests"  # as `Stack.left`


@dataclass(frozen=True)
class IgnoreRule:
    """What drift never counts: attributes of addresses (both globs), with the reason."""

    __pydantic_config__: ClassVar[Any] = STRICT
    address: str
    attributes: tuple[str, ...] = ("*",)
    reason: str = ""


@dataclass(frozen=True)
class DriftRules:
    """Where `action` is unset, the server's applies."""

    __pydantic_config__: ClassVar[Any] = STRICT
    schedule: str | None = None
    confirm: int | None = None
    ignore: tuple[IgnoreRule, ...] = ()
    action: Reaction | None = None
    probe: Literal["auto", "warm", "never"] = "auto"
    heal: tuple[HealRule, ...] = ()


@dataclass(frozen=True)
class PlanRules:
    """Stricter than the server's where they differ."""

    __pydantic_config__: ClassVar[Any] = STRICT
    providers: Literal["auto", "plain"] = "auto"
    destroys: Literal["auto", "plain"] = "auto"


# Whether a review of a pull request counts for the plan of its merge, or a person is asked again.
OnMerge = Literal["ask", "reviewed"]


@dataclass(frozen=True)
class ApplyRules:
    __pydantic_config__: ClassVar[Any] = STRICT
    mode: Literal["never", "approved", "automatic"] = "approved"
    approvals: int | None = None
    approvers: tuple[str, ...] = ()
    protect: tuple[str, ...] = ()
    on_merge: OnMerge | None = None


@dataclass(frozen=True)
class StackWindow:
    """When applies of the stack may start, beside the operator's windows: it can only narrow them."""

    __pydantic_config__: ClassVar[Any] = STRICT
    allow: tuple[str, ...] = ()
    freeze: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class AwsRoles:
    __pydantic_config__: ClassVar[Any] = STRICT
    region: str | None = None
    plan_role: str | None = None
    apply_role: str | None = None
    external_id: str | None = None


@dataclass(frozen=True)
class StackTimeouts:
    __pydantic_config__: ClassVar[Any] = STRICT
    init: Seconds | None = None
    plan: Seconds | None = None


VARIABLE = "TF_VAR_"  # how the environment names an input variable


@dataclass(frozen=True)
class Upstream:
    """A stack that is applied before this one, and which of its outputs set which variables of this one."""

    __pydantic_config__: ClassVar[Any] = STRICT
    stack: str
    outputs: dict[str, str] = field(default_factory=dict)  # output -> variable, with or without TF_VAR_

    def variable(self, output: str) -> str:
        """The input variable that this output sets."""
        return self.outputs[output].removeprefix(VARIABLE)


@dataclass(frozen=True)
class StackDefinition:
    """One YAML document of a stack file. Paths are relative to the file's folder."""

    __pydantic_config__: ClassVar[Any] = STRICT
    name: str
    path: str = "."
    labels: dict[str, str] = field(default_factory=dict)
    engine: Literal["terraform", "tofu"] = "terraform"
    engine_version: str | None = None
    terraform_workspace: str = DEFAULT_WORKSPACE
    var_files: tuple[str, ...] = ()
    vars: dict[str, Any] = field(default_factory=dict)
    backend_config: dict[str, Any] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    aws: AwsRoles = AwsRoles()
    watch: tuple[str, ...] = ()
    depends_on: tuple[str | Upstream, ...] = ()  # a name stays a name, so that older digests stay valid
    parallelism: int = 10
    timeouts: StackTimeouts = StackTimeouts()
    apply: ApplyRules = ApplyRules()
    windows: tuple[StackWindow, ...] = ()
    drift: DriftRules = DriftRules()
    plan: PlanRules = PlanRules()
    pool: str | None = None
    pool_labels: dict[str, str] = field(default_factory=dict)
    paused: bool = False
    renamed_from: str | None = None

    @property
    def dependencies(self) -> tuple[str, ...]:
        """The names of the stacks that it depends on."""
        return tuple(one if isinstance(one, str) else one.stack for one in self.depends_on)

    @property
    def upstreams(self) -> tuple[Upstream, ...]:
        """Those whose outputs it takes."""
        return tuple(one for one in self.depends_on if isinstance(one, Upstream) and one.outputs)

    @cached_property
    def takes(self) -> tuple[Taken, ...]:
        """The outputs that set its variables."""
        return tuple(
            Taken(one.stack, output, one.variable(output)) for one in self.upstreams for output in one.outputs
        )

    @cached_property
    def document(self) -> str:
        """Canonical JSON, as it is stored and hashed."""
        return to_json(self)

    @property
    def digest(self) -> str:
        return _sha256(self.document)


def _sha256(text: str) -> str:
    import hashlib  # loads OpenSSL, which lists do without

    return hashlib.sha256(text.encode()).hexdigest()


def to_json(value: Any) -> str:
    """Canonical JSON of a definition, or of parts of one."""
    # Not with `asdict`, which copies everything: ten thousand stacks are hashed at a time, and then stored.
    return json.dumps(value, default=_fields, sort_keys=True, separators=(",", ":"))


# Fields that came later. While they have nothing to say they are left out: otherwise an upgrade would give every
# definition another digest, and each stack would be planned again.
_LATER: Mapping[type, Mapping[str, object]] = {
    StackDefinition: {"windows": (), "plan": PlanRules(), "pool": None, "pool_labels": {}},
    DriftRules: {"heal": ()},
    ApplyRules: {"on_merge": None},
}


def _fields(value: Any) -> dict[str, Any]:
    """Called by `json` for the dataclasses of this module."""
    values: dict[str, Any] = vars(value)
    if type(value) not in _LATER:
        return values
    if isinstance(value, DriftRules):
        values = {**values, "action": _ACTION_IN_JSON[value.action]}
    later = _LATER[type(value)]
    # Beside the fields there may be what was computed once, such as `takes`.
    return {
        key: values[key] for key in _names(value.__class__) if key not in later or values[key] != later[key]
    }


# Definitions without `action` had "report" in their JSON before servers could say otherwise. Their digests stay.
_ACTION_IN_JSON: dict[Reaction | None, str] = {
    None: "report",
    "report": "report only",
    "propose": "propose",
    "reconcile": "reconcile",
}
_ACTION_FROM_JSON = {word: action for action, word in _ACTION_IN_JSON.items()}


def definition_of_json(document: str) -> StackDefinition:
    """The definition whose canonical JSON this is."""
    plain = json.loads(document)
    drift = plain.get("drift", {})
    if "action" in drift:
        plain["drift"] = {**drift, "action": _ACTION_FROM_JSON[drift["action"]]}
    return from_plain(StackDefinition, plain)


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


@dataclass(frozen=True)
class StateIdentity:
    """Where the state lives: two stacks with the same identity would overwrite each other."""

    backend: str  # "managed" for a state that Driftline keeps
    address: str  # canonical JSON of the backend's configuration
    workspace: str

    def __str__(self) -> str:
        return f"{self.backend} {self.address} workspace {self.workspace}"

    @property
    def digest(self) -> str:
        return _sha256(str(self))


@dataclass(frozen=True)
class Discovered:
    """A stack as found in the tree of one revision."""

    source: str
    revision: str
    file: str  # path of the stack file inside the repository
    module_path: str  # root module, relative to the repository, "." for its top
    definition: StackDefinition
    inputs: str  # digest of everything a plan depends on
    identity: StateIdentity
    managed_state: bool
    # `inputs` computed with the `watch` of the known definition: equal to the known inputs if only the globs changed.
    inputs_as_watched: str = ""
    home: str = ""  # as in Stack
    content: str = ""  # digest of the root module's files, wherever they lie
    unknown_inputs: tuple[str, ...] = ()  # places in the code where the file that is read is not known
    remote_reads: tuple[RemoteRead, ...] = ()  # outputs of other states that its code reads
    wants: EngineWants = ANY


class Sync(StrEnum):
    """Git, and the outputs that it takes of other stacks, compared with what was applied."""

    SYNCED = "synced"
    PENDING = "pending"
    UNKNOWN = "unknown"


class DriftStatus(StrEnum):
    """What was applied compared with the cloud."""

    CLEAN = "clean"
    DRIFTED = "drifted"
    ERROR = "error"
    UNKNOWN = "unknown"


class Health(StrEnum):
    OK = "ok"
    ERROR = "error"
    LOCKED = "locked"
    PAUSED = "paused"


@dataclass(frozen=True)
class Pause:
    by: str
    reason: str
    since: datetime
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return self.until is None or now < self.until


@dataclass(frozen=True)
class Stack:
    """A stack as Driftline remembers it: the last discovery and what has happened since."""

    name: str
    source: str
    file: str
    module_path: str
    definition: StackDefinition
    revision: str  # the one that last changed its inputs
    inputs: str  # digest of its inputs there
    identity: StateIdentity
    managed_state: bool
    applied_revision: str | None = None
    applied_inputs: str | None = None
    applied_definition: StackDefinition | None = None
    applied_module_path: str | None = None
    applied_file: str | None = None
    planned_inputs: str | None = None  # inputs of the newest change run
    drift: DriftStatus = DriftStatus.UNKNOWN
    drift_reason: str = "not checked yet"
    checked_at: datetime | None = None
    check_failures: int = 0  # consecutive
    next_check_at: datetime | None = None
    check_scheduled_at: datetime | None = None  # when that was computed; a clock before it has gone back
    # A change from outside that no check has seen yet: when it is due, and who changed what.
    check_wanted_at: datetime | None = None
    check_wanted_for: str = ""
    pause: Pause | None = None
    missing_since: datetime | None = None
    unknown_inputs: tuple[str, ...] = ()  # places where it is not known what the code reads
    failing_checks: tuple[FailingCheck, ...] = ()  # at the last plan or check of what is applied
    problem: str | None = None  # why the newest definition in Git was refused
    pinned_identity: str | None = None  # digest of the state that an apply used, or that a person accepted
    home: str = ""  # the name of the folder of its managed state, if it was another stack's
    content: str = ""  # digest of the root module's files, wherever they lie
    left: str | None = (
        None  # how it left for good, such as `renamed to network`; nothing is done with it any longer
    )
    renamed_to: str | None = None
    remote_reads: tuple[RemoteRead, ...] = ()  # outputs of other states that its code reads
    applied_outputs: tuple[Mark, ...] = ()  # the outputs of other stacks that it was applied with
    outputs: tuple[Mark, ...] = ()  # the same as they are now, in a view
    wants: EngineWants = ANY
    applied_wants: EngineWants = ANY  # those of what is applied
    no_engine: str | None = None  # why no installed engine fits what is applied

    @property
    def folder(self) -> str:
        return self.home or self.name

    @property
    def renamed_from(self) -> str | None:
        """The name under which it was last applied, until it is applied under its own."""
        applied = self.applied_definition
        return applied.name if applied is not None and applied.name != self.name else None

    @property
    def as_applied(self) -> Self:
        """The stack at the last applied revision; as in Git if none was applied."""
        if self.applied_revision is None:
            return self
        return replace(
            self,
            revision=self.applied_revision,
            inputs=self.applied_inputs or self.inputs,
            definition=replace(self.applied_definition or self.definition, name=self.name),
            module_path=self.applied_module_path or self.module_path,
            file=self.applied_file or self.file,
        )

    @property
    def moved_outputs(self) -> tuple[Mark, ...]:
        """Those of other stacks that have changed since it was applied with them."""
        return moved(self.applied_outputs, self.outputs) if self.outputs else ()

    @property
    def only_outputs_moved(self) -> bool:
        """Whether it is as in Git, but for outputs of other stacks that have changed."""
        return self.applied_inputs == self.inputs and bool(self.moved_outputs)

    @property
    def sync(self) -> Sync:
        # The definition in Git is unreadable: whatever it says, it is not what was applied.
        if self.missing_since is not None or self.problem is not None or self.applied_inputs is None:
            return Sync.UNKNOWN
        as_applied = self.applied_inputs == self.inputs and not self.moved_outputs
        return Sync.SYNCED if as_applied else Sync.PENDING
