"""The JSON shapes that outsiders rely on, as types that pydantic checks. More fields may follow, none may go."""

from typing import Any, Literal

from pydantic import TypeAdapter
from typing_extensions import TypedDict

Time = str  # RFC 3339 in UTC

Summary = TypedDict(
    "Summary",
    {
        "create": int,
        "update": int,
        "replace": int,
        "delete": int,
        "import": int,
        "forget": int,
        "action": int,
    },
)


class FailingCheckShape(TypedDict):
    address: str
    message: str
    since: Time


class StackShape(TypedDict):
    name: str
    source: str
    path: str
    revision: str
    applied_revision: str | None
    sync: Literal["synced", "pending", "unknown"]
    drift: Literal["clean", "drifted", "error", "unknown"]
    health: Literal["ok", "error", "locked", "paused"]
    reason: str
    inputs: Literal["known", "not fully known"]
    unknown_inputs: list[str]
    failing_checks: list[FailingCheckShape]
    labels: dict[str, str]


class RunShape(TypedDict):
    id: str
    stack: str
    kind: Literal["change", "drift", "destroy"]
    state: str
    revision: str
    created_at: Time
    changed_at: Time
    trigger: str
    summary: Summary
    plan_digest: str | None
    fingerprint: str | None


class AttributeShape(TypedDict):
    path: str
    before: Any
    after: Any


ResourceShape = TypedDict(
    "ResourceShape",
    {"address": str, "action": str, "class": str, "attributes": list[AttributeShape]},
)


class ApplyShape(TypedDict):
    provisioners: list[str]
    actions: list[dict[str, Any]]
    where: list[dict[str, Any]]
    evaluated: list[dict[str, Any]]
    commands: list[dict[str, Any]]


class ReportShape(TypedDict):
    id: str
    stack: str
    status: Literal["open", "acknowledged", "resolved"]
    revision: str
    first_seen: Time
    last_seen: Time
    seen: int
    fingerprint: str
    resources: list[ResourceShape]
    apply: ApplyShape


class CheckedShape(TypedDict):
    stack: str
    result: Literal["clean", "drifted", "error", "skipped"]
    reason: str
    report: str | None
    acknowledged: bool
    seconds: float


class CheckShape(TypedDict):
    checked: int
    drifted: int
    acknowledged: int
    errors: int
    stacks: list[CheckedShape]


class LockShape(TypedDict):
    stack: str
    holder: str
    reason: str
    since: Time
    process: str | None


class NeedShape(TypedDict):
    why: str
    name: str
    stack: str | None
    text: str
    command: str
    failure: bool
    ways: list[dict[Literal["answer", "command"], str]]


class StatusShape(TypedDict):
    daemon: dict[str, Any]
    sources: list[dict[str, Any]]
    stacks: dict[str, Any]
    needs: list[NeedShape]
    running: list[RunShape]
    drifted: list[str]
    next_check: dict[str, str] | None


class PassShape(TypedDict):
    exit_code: Literal[0, 1, 2]
    runs: list[RunShape]
    needs: list[NeedShape]
    sources: list[dict[str, Any]]
    drift: dict[Literal["open", "acknowledged"], list[str]]


SHAPES: dict[str, TypeAdapter[Any]] = {
    "stack list": TypeAdapter(list[StackShape]),
    "run list": TypeAdapter(list[RunShape]),
    "drift list": TypeAdapter(list[ReportShape]),
    "drift check": TypeAdapter(CheckShape),
    "lock list": TypeAdapter(list[LockShape]),
    "status": TypeAdapter(StatusShape),
    "daemon --once": TypeAdapter(PassShape),
}


def fits(command: str, document: Any) -> None:
    """Raise where a field is missing or of another type."""
    SHAPES[command].validate_python(document, strict=True)
