"""What a plan may contain: forbidden changes, required tags, and allowed values, decided over the plan's JSON.

A rule that cannot be decided, because a value is known only after the apply, is broken.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any

from runner.model.approval.named_rule import NamedRule
from runner.model.approval.region import Regions, is_in
from runner.model.changes.changes import Action
from runner.model.changes.mask import Mark, holds_unknown, mark_of, read_mark, unknown_of
from runner.model.evaluated.reading import ALONE, Around
from runner.model.secret.copies import Secrets
from runner.model.settings.guardrails import Forbidden, RequiredTags, ValueRule
from runner.model.values.frozen import dataclass
from runner.model.values.pattern import covered

LISTED = 20
COUNTED = 500  # a plan of 10,000 resources may break every rule with each of them
CONCEALED = "a sensitive value"
# Where providers keep what a resource is tagged with: aws and azurerm in tags, google in labels. tags_all and
# effective_labels include the defaults of the provider's configuration.
TAGS = ("tags_all", "tags")
LABELS = ("effective_labels", "labels")
# Their labels are something else, such as those of the Kubernetes nodes of aws_eks_node_group.
_ONLY_TAGS = ("aws_", "awscc_", "azurerm_")
_LEAVES = frozenset({Action.CREATE, Action.UPDATE, Action.REPLACE})  # resources that exist after the apply
# A replaced resource is destroyed and created, so a rule about either concerns it.
_INCLUDES = {Action.REPLACE: frozenset({Action.REPLACE, Action.CREATE, Action.DELETE})}
_STEP = re.compile(r"([^.\[\]]+)|\[(\*|\d+|\"[^\"]*\")\]")
_SHOWN = 60
_DIGITS = 40  # of a number that is written out


@dataclass(frozen=True)
class Entry:
    """One changed resource of the plan. Patterns are compared with `name`; `address` has its secrets masked."""

    address: str
    name: str
    type: str
    action: Action
    after: Mapping[str, Any]
    unknown: Any
    mark: Mark
    raw: Mapping[str, Any]  # as the plan has it


def broken_rules(
    document: Mapping[str, Any],
    changes: Iterable[tuple[Mapping[str, Any], Action]],
    rules: Sequence[NamedRule],
    secrets: Secrets,
    around: Around = ALONE,
) -> tuple[str, ...]:
    """A sentence for everything in the plan that a rule forbids, at most LISTED.

    `changes` are the plan's entries that change anything.
    """
    if not rules:
        return ()
    entries = list(_entries(changes, secrets))
    regions = Regions(document, around)
    found = (
        f"{sentence} ({one})"
        for one in rules
        for entry in entries
        for sentence in (
            *(said for row in one.rule.forbid for said in _forbidden(entry, row, regions)),
            *(said for row in one.rule.required_tags for said in _untagged(entry, row)),
            *(said for row in one.rule.values for said in _wrong_values(entry, row, secrets)),
        )
    )
    sentences = tuple(dict.fromkeys(str(secrets.scrub(sentence)) for sentence in islice(found, COUNTED)))
    counted = "" if next(found, None) is None else "at least "
    more = (f"and {counted}{len(sentences) - LISTED} more",) if len(sentences) > LISTED else ()
    return (*sentences[:LISTED], *more)


def _entries(changes: Iterable[tuple[Mapping[str, Any], Action]], secrets: Secrets) -> Iterator[Entry]:
    for entry, action in changes:
        if action is Action.NO_OP:
            continue
        change = entry["change"]
        gone = action not in _LEAVES
        yield Entry(
            address=secrets.address(entry["address"]),
            name=entry["address"],
            type=entry.get("type", ""),
            action=action,
            after=(change.get("before") if gone else change.get("after")) or {},
            unknown=None if gone else change.get("after_unknown"),
            mark=read_mark(change.get("before_sensitive" if gone else "after_sensitive")),
            raw=entry,
        )


# Forbidden changes


def _forbidden(entry: Entry, row: Forbidden, regions: Regions) -> Iterator[str]:
    if row.actions and not _INCLUDES.get(entry.action, {entry.action}) & set(row.actions):
        return
    if not covered(row.types, entry.type) or not covered(row.addresses, entry.name):
        return
    verb = f"{entry.address} would be {_VERBS[entry.action]}"
    if not row.regions:
        yield f"{verb}, which is forbidden"
        return
    region = regions.of(entry.raw, entry.after, entry.unknown)
    if region is None:
        return
    if not region:
        yield f"{verb}, but its region is not known before the apply"
    elif any(is_in(region, glob) for glob in row.regions):
        yield f"{verb} in {region}, which is forbidden"


# Tags


def _untagged(entry: Entry, row: RequiredTags) -> Iterator[str]:
    if entry.action not in _LEAVES or not covered(row.types, entry.type):
        return
    known: set[str] = set()
    unknown = taggable = False
    for key in TAGS if entry.type.startswith(_ONLY_TAGS) else (*TAGS, *LABELS):
        value, later = entry.after.get(key), unknown_of(entry.unknown, key)
        taggable = taggable or key in entry.after or bool(later)
        unknown = unknown or later is True
        known |= {name for name, text in _tags_in(value) if str(text or "").strip()}
        if isinstance(later, Mapping):
            known |= {name for name, is_unknown in later.items() if is_unknown}
    missing = [tag for tag in row.tags if tag not in known] if taggable else []
    if missing:
        doubt = ", as far as is known before the apply" if unknown else ""
        yield f"{entry.address} has no tag {', '.join(missing)}{doubt}"


def _tags_in(value: Any) -> Iterator[tuple[str, Any]]:
    """A map, or a list of objects with a key and a value, as awscc has it."""
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list):
        yield from (
            (str(one["key"]), one.get("value")) for one in value if isinstance(one, Mapping) and "key" in one
        )


# Values


def _wrong_values(entry: Entry, row: ValueRule, secrets: Secrets) -> Iterator[str]:
    if entry.action not in _LEAVES or not covered(row.types, entry.type):
        return
    steps = path_steps(row.attribute)
    if steps[0] not in {*entry.after, "*"} and not unknown_of(entry.unknown, steps[0]):
        # Types that a glob covers may do without it. For a type that is named, the attribute is misspelled.
        if entry.type in row.types:
            yield f"{entry.address} has no attribute {steps[0]}, which the rule expects of {entry.type}"
        return
    for path, value, unknown, mark in _at(entry.after, entry.unknown, entry.mark, steps, ""):
        named = f"{entry.address} has {path.lstrip('.')}"
        if unknown:
            if "*" not in row.allow:
                yield f"{named}, which is not known before the apply; {_wanted(row)}"
        elif not permitted(value, row):
            # Part of a secret would not be recognised.
            shown = CONCEALED if mark else str(secrets.scrub(_text(value)))[:_SHOWN]
            yield f"{named} = {shown}; {_wanted(row)}"


def path_steps(path: str) -> tuple[str, ...]:
    """`a.b[*].c` as its steps; empty if it is no path."""
    found = list(_STEP.finditer(path))
    rest = _STEP.sub("", path).replace(".", "")
    return () if rest else tuple((one[1] or one[2]).strip('"') for one in found)


def _at(
    value: Any, unknown: Any, mark: Mark, steps: Sequence[str], path: str
) -> Iterator[tuple[str, Any, bool, bool]]:
    """The values at a path, each with whether it is unknown and whether it is sensitive. `*` stands for every
    element; any other step that leads nowhere is null.
    """
    if unknown is True or not steps:
        yield path, value, unknown is True or holds_unknown(unknown), bool(mark)
        return
    step, rest = steps[0], steps[1:]
    if isinstance(value, Mapping) or isinstance(unknown, Mapping):
        inside = value if isinstance(value, Mapping) else {}
        later = unknown if isinstance(unknown, Mapping) else {}
        for key in sorted({**inside, **later}) if step == "*" else (step,):
            named = CONCEALED if step == "*" and mark is True else key
            yield from _at(inside.get(key), later.get(key), mark_of(mark, key), rest, f"{path}.{named}")
    elif isinstance(value, list) and (step == "*" or (value and not step.isdigit())):
        # A nested block is a list even if there can be only one: a path may leave out its index.
        after = rest if step == "*" else steps
        for index, one in enumerate(value):
            yield from _at(one, unknown_of(unknown, index), mark_of(mark, index), after, f"{path}[{index}]")
    elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
        index = int(step)
        inner = f"{path}[{index}]"
        yield from _at(value[index], unknown_of(unknown, index), mark_of(mark, index), rest, inner)
    elif step != "*" or value is not None:
        yield path + "".join(f".{one}" for one in steps), None, False, False


def permitted(value: Any, row: ValueRule) -> bool:
    """A list or an object is permitted if each value in it is."""
    if isinstance(value, Mapping):
        return all(permitted(one, row) for one in value.values())
    if isinstance(value, list):
        return all(permitted(one, row) for one in value)
    text = _text(value)
    if row.allow and not any(_is(text, one) for one in row.allow):
        return False
    if any(_is(text, one) for one in row.forbid):
        return False
    if row.at_least is None and row.at_most is None:
        return True
    number = _number(value)
    return number is not None and not (
        (row.at_least is not None and number < _exact(row.at_least))
        or (row.at_most is not None and number > _exact(row.at_most))
    )


def _is(text: str, wanted: Any) -> bool:
    return fnmatchcase(text, wanted) if isinstance(wanted, str) else text == _text(wanted)


def _text(value: Any) -> str:
    """As a person writes it: `true`, `null`, `100`, `t3.micro`. Two numbers have the same text only if they are equal."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    number = _number(value)
    if number is None or abs(number.adjusted()) > _DIGITS:
        return str(value)
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        number = _exact(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _exact(value: float | Decimal | str) -> Decimal:
    """The number as it is written: 0.1 is a tenth."""
    return Decimal(str(value))


def _wanted(row: ValueRule) -> str:
    parts = (
        ("allowed: ", row.allow),
        ("forbidden: ", row.forbid),
        ("at least ", () if row.at_least is None else (row.at_least,)),
        ("at most ", () if row.at_most is None else (row.at_most,)),
    )
    return ", ".join(f"{words}{', '.join(map(_text, values))}" for words, values in parts if values)


_VERBS: dict[Action, str] = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.REPLACE: "replaced",
    Action.DELETE: "destroyed",
    Action.READ: "read",
    Action.FORGET: "forgotten",
}
