"""What an approval is bound to: everything that decides what an apply would do, as one value with one digest."""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from datetime import UTC, datetime
from typing import Any

from runner.model.changes.changes import MASK, Summary
from runner.model.outputs.taken import Taken
from runner.model.policy.result import NOT_JUDGED, Judged, changed_policies
from runner.model.run.life import Kind
from runner.model.stack.definition import VARIABLE
from runner.model.values.codec import from_plain, to_plain
from runner.model.values.frozen import dataclass
from runner.model.values.paths import TOP, shortened

# 2: fingerprints cover what only an apply evaluates, and values that the operator passes in count.
SCHEMA = 2
OLDER_FORM = (
    "an older version of Driftline made the plan; its fingerprint did not cover the commands of provisioners, actions,"
    " write-only arguments and provider configuration, which only an apply evaluates"
)
SHOWN = 12  # characters of a digest
NAMED = 5  # files
FILE = "file:"
CONTEXT = "context "  # how the mark of something that a context gave begins


@dataclass(frozen=True)
class EngineFacts:
    """What the engine ran with and on, as the engine's side measured it. It contains no values of variables."""

    engine: str = ""
    version: str = ""
    binary: str = ""  # sha256
    argv: tuple[str, ...] = ()  # of the plan, without paths that belong to one run
    var_files: tuple[str, ...] = ()  # "name sha256", in their order
    environment: tuple[str, ...] = ()  # names only
    # "name keyed digest" of outside inputs: environment variables, and files, whose paths have the prefix FILE.
    given: tuple[str, ...] = ()
    lock_file: str = ""  # sha256; empty where there is none
    modules: str = ""  # digest of the configuration of the root and of all modules, as installed
    lineage: str = ""  # of the state; empty where there is no state yet
    serial: int | None = None
    resources: int | None = None  # managed objects in the state; None where it could not be read
    state_version: str = ""  # of the engine that wrote the state; empty where that is not known


@dataclass(frozen=True)
class BoundEngine:
    """The program that made an approved plan: its apply uses no other."""

    engine: str
    version: str
    binary: str  # sha256


@dataclass(frozen=True)
class Binding:
    stack: str
    state: str  # backend, address, workspace
    revision: str
    tree: str  # git's id of the revision's tree
    inputs: str
    definition: str
    kind: Kind
    targets: tuple[str, ...]
    facts: EngineFacts
    plan_digest: str
    fingerprint: str
    guard_rails: tuple[str, ...]  # their sentences
    counts: Summary
    created: datetime
    expires: datetime
    schema: int = field(default=SCHEMA)
    judged: Judged = NOT_JUDGED
    named: tuple[str, ...] = ()  # files of the revision that the plan's values name, each with a keyed digest

    def document(self) -> str:
        """Canonical JSON, the form that is stored and hashed."""
        plain = to_plain(self)
        if self.judged == NOT_JUDGED:
            # As before there were policies: older records keep their digests.
            del plain["judged"]
        if not self.named:
            del plain["named"]
        if not self.facts.state_version:
            del plain["facts"]["state_version"]
        return canonical(plain)

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.document().encode()).hexdigest()


def changed_inputs(
    before: tuple[str, ...] | None, now: Iterable[str], outputs: Iterable[Taken] = ()
) -> dict[str, str]:
    """References to values that changed since: input variables that the operator sets, and these outputs of other stacks.

    None if it is not known what was given before, or if a file outside the repository changed: an expression may read
    it beside them.
    """
    moved = set() if before is None else {*before} ^ {*now}
    if before is None or any(mark.startswith(FILE) for mark in moved):
        return {}
    variables = {f"var.{name}": "" for name in _variables(moved)}
    return variables | {one.place: str(one) for one in outputs}


def _variables(moved: Iterable[str]) -> tuple[str, ...]:
    names = {mark.split(" ")[-2] for mark in moved if " " in mark}
    return tuple(sorted(name.removeprefix(VARIABLE) for name in names if name.startswith(VARIABLE)))


def read_binding(document: str) -> Binding:
    return from_plain(Binding, json.loads(document))


def canonical(value: Any) -> str:
    """Sorted keys, no white space, NFC, ASCII only, and no floats, which two machines may write differently."""
    return json.dumps(_normal(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _normal(value: Any) -> Any:
    match value:
        case str():
            return unicodedata.normalize("NFC", value)
        case float():
            raise TypeError(f"{value!r} has no canonical form")
        case dict():
            return {_normal(key): _normal(one) for key, one in value.items()}
        case list() | tuple():
            return [_normal(one) for one in value]
        case _:
            return value


def moved(before: Binding, now: Binding) -> tuple[str, ...]:
    """What has changed since the approval, each as words for a person; empty if nothing has.

    A plan that was made again has other bytes and another time. Its fingerprint says whether it does the
    same.
    """
    return (*_differences(before, now, _OF_THE_RUN), *_differences(before.facts, now.facts, _OF_THE_ENGINE))


Describe = Callable[[Any, Any], str | None]


def _differences(before: Any, now: Any, table: dict[str, Describe]) -> Iterator[str]:
    for name, describe in table.items():
        old, new = getattr(before, name), getattr(now, name)
        words = describe(old, new) if old != new else None
        if words is not None:
            yield words


def _changed(words: str) -> Describe:
    return lambda old, new: f"{words} (was {_short(old)}, is {_short(new)})"


def _listed(words: str) -> Describe:
    """What was added to and removed from a list of texts, or that only the order changed."""

    def describe(old: tuple[str, ...], new: tuple[str, ...]) -> str:
        came = [f"+{one}" for one in new if one not in old]
        went = [f"-{one}" for one in old if one not in new]
        return f"{words} ({', '.join([*came, *went]) or 'order changed'})"

    return describe


def _given(old: tuple[str, ...], new: tuple[str, ...]) -> str | None:
    """Which values changed, by name; names that were added or removed are already reported for the environment."""
    files, variables = _files(old, new), [name for name in _renewed(old, new) if not name.startswith(FILE)]
    found = [files] if files else []
    if variables or not files:
        found.append(f"values from the environment ({', '.join(variables) or 'order changed'})")
    return ", ".join(found)


def _named(old: tuple[str, ...], new: tuple[str, ...]) -> str:
    """A stranger may have chosen the paths, and how many there are."""
    paths = _renewed(old, new)
    shown = ["any file of the repository" if one == TOP else shortened(one) for one in paths[:NAMED]]
    more = [f"and {len(paths) - NAMED} more"] if len(paths) > NAMED else []
    return f"files that the plan names ({', '.join([*shown, *more]) or MASK})"


def moved_files(before: EngineFacts, now: EngineFacts) -> str:
    """The files outside the repository that have changed, in the words of `moved`; empty if none has."""
    return _files(before.given, now.given)


def _files(old: tuple[str, ...], new: tuple[str, ...]) -> str:
    files = [name.removeprefix(FILE) for name in _renewed(old, new) if name.startswith(FILE)]
    return f"files outside the repository ({', '.join(files)})" if files else ""


def _renewed(old: tuple[str, ...], new: tuple[str, ...]) -> list[str]:
    """The names whose digests differ."""
    before, now = (dict(one.rsplit(" ", 1) for one in side if " " in one) for side in (old, new))
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


def _new_rails(old: tuple[str, ...], new: tuple[str, ...]) -> str | None:
    """Only new objections of guard rails matter: one that no longer objects is no reason to ask again."""
    came = [one for one in new if one not in old]
    return f"the guardrails ({'; '.join(came)})" if came else None


def _judged(old: Judged, new: Judged) -> str | None:
    """The results of the plan stay as they are; what counts is whether other policies would judge it now."""
    return changed_policies(old.marks, new.marks) if old.marks != new.marks else None


def _went_back(old: int | None, new: int | None) -> str | None:
    if old is None or new is None or new > old:
        return None
    return f"the state, which is OLDER now (serial {new}, was {old})"


def _another_state(old: str, new: str) -> str:
    return f"THE STATE, WHICH IS A DIFFERENT ONE (lineage {_short(new)}, was {_short(old)})"


def _short(value: Any) -> str:
    shown = str(value) or "none"
    digits = len(shown) >= 40 and all(c in "0123456789abcdef" for c in shown)
    return shown[:SHOWN] if digits else shown


_OF_THE_RUN: dict[str, Describe] = {
    "schema": _changed("the format of the record"),
    "stack": _changed("the stack"),
    "state": _changed("the location of the state"),
    "revision": _changed("the revision"),
    "tree": _changed("the revision's tree"),
    "inputs": _changed("the inputs of the plan"),
    "definition": _changed("the stack's definition"),
    "kind": _changed("the kind of the run"),
    "targets": _listed("the targets"),
    "fingerprint": _changed("the changes of the plan"),
    "named": _named,
    "guard_rails": _new_rails,
    "judged": _judged,
}
_OF_THE_ENGINE: dict[str, Describe] = {
    "engine": _changed("the engine"),
    "version": _changed("the engine's version"),
    "binary": _changed("the engine's binary"),
    "argv": _listed("the options of the plan"),
    "var_files": _listed("the var files"),
    "environment": _listed("the environment variables"),
    "given": _given,
    "lock_file": _changed("the provider lock file"),
    "modules": _changed("the files of the modules"),
    "lineage": _another_state,
    "serial": _went_back,
}


def expires(created: datetime, seconds: float) -> datetime:
    """When a plan becomes too old to be approved or applied, in whole seconds and UTC."""
    return datetime.fromtimestamp(int(created.timestamp() + seconds), UTC)
