"""terraform's `-json` lines (UI version 1.x) parsed into diagnostics, addresses, outputs and lines for people.

Everything is taken from typed fields. The two exceptions have no JSON form, and are matched as a whole: the
summaries in the tables below (the reasons for a refusal), and the lock in the detail of a lock error.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from runner.engine.lock_info import read_lock
from runner.engine.redaction import Redaction, masked_output
from runner.engine.snippet import read_snippet
from runner.model.changes.changes import Diagnostic
from runner.model.changes.diagnostic_text import diagnostic_rows
from runner.model.changes.warnings import CHECK_FAILED
from runner.model.code.engines import ENGINES
from runner.model.stack.lock import StateLock
from runner.model.warm.replay import Counts

# The second one if the state has another lineage: it was replaced or lost.
STALE = frozenset({"Saved plan is stale", "Saved plan does not match the given state"})
STATE_LOCKED = frozenset({"Error acquiring the state lock"})
# From `plan` and `apply` if the data directory does not fit the code: `init` fixes it.
NEEDS_INIT = frozenset(
    {
        'Backend initialization required, please run "terraform init"',
        'Backend initialization required, please run "tofu init"',
        "Inconsistent dependency lock file",
        "Missing required provider",
        "Module not installed",
        "Module source has changed",
        "Module version requirements have changed",
        "Required plugins are not installed",
    }
)
# The provider died in the middle: the results of its operations are unknown, although terraform reports an error.
LOST = frozenset({"Plugin did not respond", "Plugin error", "Request cancelled"})
# It gave up after a second interrupt, perhaps while saving the state, and with exit code 1.
GAVE_UP = frozenset({"operation canceled"})
UNRELEASED = frozenset({"Error releasing the state lock"})
# We pass `-state` ourselves, and the warning is meant for people.
EXPECTED = frozenset({"Deprecated flag: -state"})
READ = "read"  # the action on a data source
_CHECK = re.compile(r'check "([^"]*)"')
SUMMED_UP = frozenset({"apply", "destroy"})
BUILT_IN = frozenset({"terraform_data"})  # of a provider that is no process
CHECKSUMS_MISSING = "Provider lock file not updated"


class JsonOutput:
    """Everything a command has printed so far. No line, however malformed, raises."""

    def __init__(self, redaction: Redaction, version_key: str, *, shows_text: bool = False) -> None:
        self.redaction = redaction
        self.shows_text = shows_text
        self.version_key = version_key
        self.version: str | None = None
        self.answered: str | None = None  # engine and version, for either engine
        self.diagnostics: list[Diagnostic] = []
        self.outputs: dict[str, Any] = {}
        self.drifted: dict[str, None] = {}
        self.lock: StateLock | None = None  # somebody else's, which blocks us
        self.first_operation: datetime | None = None  # by then at the latest it held the state's lock
        self.last_operation: datetime | None = None
        self.other_lines = 0  # lines that are not JSON: a panic, or a state dumped as a last resort
        self.counts: dict[str, int] | None = None  # from the closing summary of an apply
        self.destroys = True  # unless a summary says that nothing is removed
        self.refreshed: Counter[str] = Counter()  # managed objects, by type
        self.completed: Counter[tuple[str, str]] = Counter()
        self._begun: Counter[tuple[str, str]] = Counter()
        self._errored: dict[str, None] = {}
        self._errors: set[str] = set()  # summaries as the engine wrote them
        self.failed_actions: dict[str, None] = {}

    def feed(self, line: str) -> Iterator[str]:
        """Parse one line, and return the lines to show."""
        message = _message(line)
        if message is None:
            self.other_lines += bool(line.strip())
            # An apply that cannot save its state prints it, with every secret, as a last resort.
            yield from self.redaction.text(line).splitlines() if self.shows_text else ()
            return
        match message.get("type"):
            case "diagnostic":
                yield from self._diagnostic(_dict(message, "diagnostic"))
                return
            case "version":
                self.version = str(message.get(self.version_key) or "") or None
                self.answered = _product(message)
            case "resource_drift":
                self.drifted[_address(message, "change")] = None
            case "apply_start" | "apply_complete" | "apply_errored" | "refresh_complete" as kind:
                self._operated(kind, message)
            case "apply_progress" | "provision_progress":
                self._seen(message)
            case "change_summary":
                changes = _dict(message, "changes")
                self.counts = _counts(changes)
                self.destroys = changes.get("remove") != 0
            case "action_start" | "action_progress" | "action_complete" | "action_errored" as kind:
                self._action(kind, message)
            case "outputs":
                outputs = _dict(message, "outputs")
                self.outputs = {
                    name: masked_output(self.redaction, output)
                    for name, output in outputs.items()
                    if isinstance(output, dict) and "type" in output
                }
        yield from self.redaction.text(str(message.get("@message", ""))).splitlines()

    def _action(self, kind: str, message: Mapping[str, Any]) -> None:
        """An action starts and ends like an operation on a resource."""
        invocation = _invocation(message)
        if kind in {"action_start", "action_progress"}:
            self._begun[invocation] += kind == "action_start"
            self._seen(message)
            return
        self._begun[invocation] -= 1
        if kind == "action_errored":
            self.failed_actions[invocation[0]] = None

    def _diagnostic(self, raw: Mapping[str, Any]) -> Iterator[str]:
        summary = str(raw.get("summary") or "")
        if summary in EXPECTED:
            return
        diagnostic = read_diagnostic(raw, self.redaction)
        self.diagnostics.append(diagnostic)
        if diagnostic.severity == "error":
            self._errors.add(summary)
        if summary in STATE_LOCKED:
            self.lock = read_lock(diagnostic.detail)
        yield from diagnostic_rows(diagnostic)

    def _operated(self, kind: str, message: Mapping[str, Any]) -> None:
        if kind == "refresh_complete":
            self.refreshed[_type(message)] += 1
            return
        operation = _operation(message)
        # A read changes nothing, and in a `check` block terraform never ends one that fails.
        step = operation[1] != READ
        if kind == "apply_start":
            self.counts = None  # the earlier summary was not the end
            if step:
                self._begun[operation] += 1
            self._seen(message)
            return
        if step:
            self._begun[operation] -= 1
        if kind == "apply_errored":
            self._errored[operation[0]] = None
        else:
            self.completed[operation] += 1

    def _seen(self, message: Mapping[str, Any]) -> None:
        try:
            at = datetime.fromisoformat(str(message.get("@timestamp")))
        except ValueError:
            return
        if at.tzinfo is not None:
            self.first_operation = self.first_operation or at
            self.last_operation = at

    @property
    def reads(self) -> Counts:
        """What was read by providers that are processes of their own."""
        objects = sum(count for name, count in self.refreshed.items() if name not in BUILT_IN)
        return Counts(objects, sum(count for (_, action), count in self.completed.items() if action == READ))

    @property
    def begun(self) -> bool:
        """Whether any operation on a resource has started."""
        return bool(self._begun)

    @property
    def unfinished(self) -> tuple[str, ...]:
        """The addresses whose operation started and has an unknown end."""
        open_ones = {address: None for (address, _), count in self._begun.items() if count > 0}
        found = open_ones | self._errored if self.says(LOST) else open_ones
        return tuple(map(self.redaction.address, found))

    def undestroyed(self, deposed: Collection[str] = ()) -> tuple[str, ...]:
        """Those of them whose replaced object should have been destroyed, and was not.

        In that case terraform 1.11 reports the error alone, without `apply_errored`. `deposed` names the
        addresses with an object that the plan destroys; the others have just created a new one.
        """
        if not self._errors or self.says(LOST) or self.says(GAVE_UP):
            return ()
        destroyed = Counter(deposed)
        open_ones = {address: None for (address, _), count in self._begun.items() if count > 0}
        return tuple(
            name
            for address in open_ones
            if (name := self.redaction.address(address))
            and self._only_destroys(address, destroyed[name] + self.completed[address, "create"])
        )

    def _only_destroys(self, address: str, limit: int) -> bool:
        begun = {
            action: count for (one, action), count in self._begun.items() if one == address and count > 0
        }
        return begun.keys() == {"delete"} and begun["delete"] <= limit

    def says(self, summaries: frozenset[str]) -> bool:
        """Whether an error is one of these, in the engine's own words: masking is only for people."""
        return not self._errors.isdisjoint(summaries)


def read_diagnostic(raw: Mapping[str, Any], redaction: Redaction) -> Diagnostic:
    """A diagnostic of any command; `validate` and the UI stream share the format."""
    place = _dict(raw, "range")
    address = str(raw.get("address") or _check_of(raw))
    line = _dict(place, "start").get("line")
    return Diagnostic(
        severity=str(raw.get("severity") or "error"),
        summary=redaction.text(str(raw.get("summary") or "")),
        detail=redaction.text(str(raw.get("detail") or "")),
        file=redaction.text(str(place["filename"])) if place.get("filename") else None,
        line=line if isinstance(line, int) else None,
        address=redaction.text(address) if address else None,
        snippet=read_snippet(_dict(raw, "snippet"), redaction),
    )


def _check_of(raw: Mapping[str, Any]) -> str:
    """The `check` block of a failed assertion, which has no address."""
    found = _CHECK.fullmatch(str(_dict(raw, "snippet").get("context") or ""))
    return f"check.{found[1]}" if found is not None and raw.get("summary") == CHECK_FAILED else ""


def _product(message: Mapping[str, Any]) -> str | None:
    versions = (
        f"{row.name} {message[row.version_key]}" for row in ENGINES.values() if message.get(row.version_key)
    )
    return next(versions, None)


def _message(line: str) -> dict[str, Any] | None:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def _dict(parent: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def _counts(changes: Mapping[str, Any]) -> dict[str, int] | None:
    """None for a plan's summary."""
    if changes.get("operation") not in SUMMED_UP:
        return None
    return {name: count for name, count in changes.items() if isinstance(count, int)}


def _address(message: Mapping[str, Any], key: str) -> str:
    return str(_dict(_dict(message, key), "resource").get("addr", ""))


def _type(message: Mapping[str, Any]) -> str:
    return str(_dict(_dict(message, "hook"), "resource").get("resource_type", ""))


def _invocation(message: Mapping[str, Any]) -> tuple[str, str]:
    """An action's address and trigger: one action may be invoked for many resources."""
    hook = _dict(message, "hook")
    trigger = _dict(hook, "lifecycle")
    by = [str(_dict(trigger, "resource").get("addr", ""))]
    by += [str(trigger.get(name)) for name in ("trigger_index", "actions_index", "trigger_event")]
    return str(_dict(hook, "action").get("addr", "")), " ".join(["invoke", *by])


def _operation(message: Mapping[str, Any]) -> tuple[str, str]:
    # A replace starts twice: a delete and a create of the same address.
    return _address(message, "hook"), str(_dict(message, "hook").get("action", ""))
