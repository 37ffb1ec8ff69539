"""Reading `terraform show -json PLAN`: from a document with clear-text secrets to a change set without any."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from runner.errors import OutputNotUnderstood
from runner.model.changes.changes import (
    UNKNOWN,
    Action,
    AttributeChange,
    ChangeSet,
    Invocation,
    OutputChange,
    Provisioner,
    ResourceChange,
    Summary,
)
from runner.model.changes.configuration import config_address, configured_resources, running_commands
from runner.model.changes.difference import Difference, differences, path_text
from runner.model.changes.mask import holds_unknown, join, masked, read_mark
from runner.model.evaluated.evaluated import Applying
from runner.model.evaluated.invocation import action_types, read_invocations
from runner.model.evaluated.reading import ALONE, Around, Marking, evaluation, unmarked
from runner.model.plan.encoded_text import decoded_difference
from runner.model.plan.timeless import STILL, Clock, clock_of
from runner.model.secret.copies import NONE, Secrets, plan_secrets

_ACTIONS: dict[tuple[str, ...], Action] = {
    ("no-op",): Action.NO_OP,
    ("create",): Action.CREATE,
    ("read",): Action.READ,
    ("update",): Action.UPDATE,
    ("delete",): Action.DELETE,
    ("forget",): Action.FORGET,
    ("delete", "create"): Action.REPLACE,
    ("create", "delete"): Action.REPLACE,
    ("create", "forget"): Action.REPLACE,
    ("forget", "create"): Action.REPLACE,
}
_RUNS_PROVISIONERS = frozenset({Action.CREATE, Action.REPLACE, Action.DELETE})


def parse_document(text: str | bytes) -> dict[str, Any]:
    """The document with its numbers parsed exactly, as fingerprints need them."""
    try:
        document = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise _not_understood(str(error)) from error
    if not isinstance(document, dict):
        raise _not_understood("it is not a JSON object")
    return document


def read_plan(
    document: Mapping[str, Any],
    given: Secrets = NONE,
    around: Around = ALONE,
    mark: Marking = unmarked,
    *,
    by_marks: bool = False,
) -> ChangeSet:
    """Everything the plan would do, with its secrets and the given ones masked; OutputNotUnderstood for another format.

    `by_marks`: a secret of the plan is masked where it is marked, and shown where the code removed the mark.
    """
    with understanding(document):
        secrets = given if by_marks else plan_secrets(document) | given
        changes = changing(document)
        resources = tuple(read_resource(entry, secrets) for entry, _ in changes)
        outputs = tuple(read_outputs(document, secrets))
        actions = tuple(read_invocations(document, secrets))
        found = evaluation(Applying(document, changes, around.code), around, secrets, mark)
        return ChangeSet(
            resources=resources,
            outputs=outputs,
            drift=tuple(read_resource(entry, secrets) for entry in document.get("resource_drift") or ()),
            summary=summarize(resources, outputs, actions),
            provisioners=tuple(_provisioners(document, resources, found.commands)),
            complete=document.get("complete", True) is not False,
            actions=actions,
            places=found.places,
            commands=found.commands,
            evaluated=found.evaluated,
            readings=found.readings,
            moving=tuple(_moving(document, changes, clock_of(document, around.code), secrets)),
        )


def _moving(
    document: Mapping[str, Any],
    changes: Iterable[tuple[Mapping[str, Any], Action]],
    clock: Clock,
    secrets: Secrets,
) -> Iterator[str]:
    if clock is STILL:
        return
    named = [(secrets.address(entry["address"]), entry["change"]) for entry, _ in changes]
    named += [(f"output.{name}", change) for name, change in (document.get("output_changes") or {}).items()]
    for name, change in named:
        for one in differences(change):
            if clock.moves(one.after):
                yield f"{name} {secrets.scrub(path_text(one.path))}".rstrip()


def changing(document: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Action]]:
    """The entries of `resource_changes` that change anything, each with its action."""
    entries = document.get("resource_changes") or ()
    return [(entry, action_of(entry["change"])) for entry in entries if is_change(entry)]


def plan_problem(
    document: Mapping[str, Any], *, provisioners: bool = True, actions: tuple[str, ...] = ("*",)
) -> str | None:
    """Why terraform itself says that this plan cannot be applied; or that it runs commands where it may not.

    The code was inspected before anything ran. This is what the engine made of it, including the fetched
    modules.
    """
    with understanding(document):
        if document.get("errored"):
            return "terraform could not finish the plan because of an error"
        changes = any(map(is_change, document.get("resource_changes") or ()))
        if changes and document.get("applyable") is False:
            return "terraform reports that this plan cannot be applied"
        running = [] if provisioners else list(running_commands(document))
        if running:
            names = ", ".join(running[:5]) + (f" and {len(running) - 5} more" if running[5:] else "")
            return f"commands would run in {names}; allow.provisioners of the source is false"
        for address, kind in action_types(document).items():
            if not any(fnmatchcase(kind, pattern) for pattern in actions):
                return f"{address} would be invoked, but {kind} is not among allow.actions of the source"
        return None


@contextmanager
def understanding(document: Mapping[str, Any]) -> Iterator[None]:
    """Raise OutputNotUnderstood where the document breaks the promises of format version 1."""
    version = document.get("format_version", "missing") if document else "1"
    if str(version).split(".", maxsplit=1)[0] != "1":
        raise _not_understood(f"format version {version}; only 1.x is supported")
    try:
        yield
    except (KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        # The text of a KeyError is a name; that of other errors may contain a value, so it is omitted.
        detail = f"no {error}" if isinstance(error, KeyError) else type(error).__name__
        raise _not_understood(f"it does not match the documented format ({detail})") from None


def is_change(entry: Mapping[str, Any]) -> bool:
    """Whether a resource's entry changes anything; data that a destroy drops from the state does not count."""
    if entry.get("mode") == "data":
        return action_of(entry["change"]) is Action.READ
    if entry.get("mode") == "ephemeral":
        return False
    change = entry["change"]
    return action_of(change) is not Action.NO_OP or bool(_previous(entry)) or bool(change.get("importing"))


def action_of(change: Mapping[str, Any]) -> Action:
    actions = tuple(change["actions"])
    try:
        return _ACTIONS[actions]
    except KeyError:
        raise _not_understood(f"unknown action {'/'.join(map(str, actions))}") from None


def read_resource(entry: Mapping[str, Any], secrets: Secrets) -> ResourceChange:
    change = entry["change"]
    importing = change.get("importing") or {}
    return ResourceChange(
        address=secrets.address(entry["address"]),
        type=entry.get("type", ""),
        action=action_of(change),
        attributes=attribute_changes(change, differences(change), secrets),
        previous_address=secrets.address(_previous(entry) or "") or None,
        importing=_imported(importing, secrets) if importing else None,
        deposed=entry.get("deposed"),
        action_reason=entry.get("action_reason"),
        data=entry.get("mode") == "data",
        keeps_old="forget" in change["actions"] and "create" in change["actions"],
    )


def _imported(importing: Mapping[str, Any], secrets: Secrets) -> str:
    identity = importing.get("id") or json.dumps(importing.get("identity") or UNKNOWN, sort_keys=True)
    return str(secrets.scrub(identity))


def attribute_changes(
    change: Mapping[str, Any], found: Iterable[Difference], secrets: Secrets
) -> tuple[AttributeChange, ...]:
    """The differences of a change, masked for people."""
    secrets = secrets.with_marked(change)
    replacing = [tuple(path) for path in change.get("replace_paths") or ()]
    return tuple(_attribute(difference, replacing, secrets) for difference in found)


def _attribute(difference: Difference, replacing: list[tuple[Any, ...]], secrets: Secrets) -> AttributeChange:
    path = difference.path
    before = secrets.scrub(masked(difference.before, difference.mark))
    after = secrets.scrub(masked(difference.after, difference.mark, difference.unknown))
    return AttributeChange(
        path=secrets.scrub(path_text(path)),
        before=before,
        after=after,
        forces_replacement=any(path[: len(other)] == other[: len(path)] for other in replacing),
        sensitive=difference.mark is True,
        unknown=difference.unknown is True,
        mark_only=difference.mark_only,
        difference=decoded_difference(before, after, secrets),
    )


def _previous(entry: Mapping[str, Any]) -> str | None:
    previous = entry.get("previous_address")
    return previous if previous != entry["address"] else None


def read_outputs(document: Mapping[str, Any], secrets: Secrets) -> Iterator[OutputChange]:
    for name, change in sorted((document.get("output_changes") or {}).items()):
        action = action_of(change)
        if action is Action.NO_OP:
            continue
        mark = join(read_mark(change.get(side)) for side in ("before_sensitive", "after_sensitive"))
        unknown = change.get("after_unknown")
        known = secrets.with_marked(change)
        yield OutputChange(
            name=name,
            action=action,
            before=known.scrub(masked(change.get("before"), mark)),
            after=known.scrub(masked(change.get("after"), mark, unknown if holds_unknown(unknown) else None)),
            sensitive=mark is True,
            unknown=unknown is True,
        )


def summarize(
    resources: Iterable[ResourceChange], outputs: Iterable[OutputChange], actions: Iterable[Invocation] = ()
) -> Summary:
    """Counts per action; reads of data and deferred changes do not count."""
    counts: Counter[str] = Counter()
    for resource in resources:
        if resource.data:
            continue
        if resource.keeps_old:
            counts.update(("create", "forget"))
        else:
            counts[resource.action] += 1
        counts["import"] += resource.importing is not None
        counts["move"] += resource.previous_address is not None
    return Summary(
        create=counts[Action.CREATE],
        update=counts[Action.UPDATE],
        replace=counts[Action.REPLACE],
        delete=counts[Action.DELETE],
        import_=counts["import"],
        forget=counts[Action.FORGET],
        move=counts["move"],
        output=sum(1 for _ in outputs),
        action=sum(1 for one in actions if not one.deferred),
    )


def _provisioners(
    document: Mapping[str, Any], resources: Iterable[ResourceChange], commands: Iterable[Provisioner]
) -> Iterator[str]:
    """Those in the document, and those that only the code shows, in `removed` blocks."""
    blocks = configured_resources(document)
    with_provisioners = {address for address, block in blocks.items() if block.get("provisioners")}
    removed = {command.address for command in commands if command.removed}
    for resource in resources:
        runs = config_address(resource.address) in with_provisioners or resource.address in removed
        if resource.action in _RUNS_PROVISIONERS and runs:
            yield resource.address


def _not_understood(problem: str) -> OutputNotUnderstood:
    return OutputNotUnderstood(engine="terraform", command="show -json", problem=problem)
