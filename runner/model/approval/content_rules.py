"""What a plan may contain: forbidden changes, required tags, and allowed values, decided over the plan's JSON.

A rule that cannot be decided, because a value is known only after the apply, is broken.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from runner.model.changes.changes import Action
from runner.model.changes.configuration import config_address, configured_resources
from runner.model.changes.mask import Mark, holds_unknown, mark_of, read_mark, unknown_of
from runner.model.secret.copies import Secrets
from runner.model.settings.guardrails import Forbidden, GuardrailRule, RequiredTags, ValueRule
from runner.model.stack.definition import to_json
from runner.model.values.pattern import covered

LISTED = 20
CONCEALED = "a sensitive value"
# Where providers keep what a resource is tagged with: aws and azurerm in tags, google in labels. tags_all and
# effective_labels include the defaults of the provider's configuration.
TAGS = ("tags_all", "effective_labels", "tags", "labels")
REGIONS = ("region", "location", "zone")
_LEAVES = frozenset({Action.CREATE, Action.UPDATE, Action.REPLACE})  # resources that exist after the apply
_STEP = re.compile(r"([^.\[\]]+)|\[(\*|\d+|\"[^\"]*\")\]")
_SHOWN = 60


@dataclass(frozen=True)
class NamedRule:
    """A rule that matches the stack, by the name that people see."""

    name: str
    rule: GuardrailRule

    def __str__(self) -> str:
        return f"{self.name}: {self.rule.reason}" if self.rule.reason else self.name


@dataclass(frozen=True)
class Entry:
    """One changed resource of the plan. `address` has its secrets masked."""

    address: str
    type: str
    action: Action
    after: Mapping[str, Any]
    unknown: Any
    mark: Mark
    provider: Mapping[str, Any]  # its configuration, as the plan has it


@dataclass(frozen=True)
class Surroundings:
    """What the plan knows beside its resources: variables of the root module, and the region of the run."""

    variables: Mapping[str, Any]
    region: str


def rules_digest(rules: Sequence[NamedRule]) -> str:
    """What a plan was judged by; empty without rules about its content."""
    contents = [
        [one.rule.reason, one.rule.forbid, one.rule.required_tags, one.rule.values]
        for one in content_rules(rules)
    ]
    return hashlib.sha256(to_json(contents).encode()).hexdigest() if contents else ""


def content_rules(rules: Iterable[NamedRule]) -> tuple[NamedRule, ...]:
    return tuple(one for one in rules if one.rule.forbid or one.rule.required_tags or one.rule.values)


def broken_rules(
    document: Mapping[str, Any],
    changes: Iterable[tuple[Mapping[str, Any], Action]],
    rules: Sequence[NamedRule],
    secrets: Secrets,
    region: str = "",
) -> tuple[str, ...]:
    """A sentence for everything in the plan that a rule forbids, at most LISTED.

    `changes` are the plan's entries that change anything; `region` is where AWS works if the code does not say.
    """
    if not rules:
        return ()
    entries = list(_entries(document, changes, secrets))
    surroundings = Surroundings(document.get("variables") or {}, region)
    found = (
        f"{sentence} ({one})"
        for one in rules
        for entry in entries
        for sentence in (
            *(said for row in one.rule.forbid for said in _forbidden(entry, row, surroundings)),
            *(said for row in one.rule.required_tags for said in _untagged(entry, row)),
            *(said for row in one.rule.values for said in _wrong_values(entry, row)),
        )
    )
    sentences = tuple(dict.fromkeys(str(secrets.scrub(sentence)) for sentence in found))
    more = (f"and {len(sentences) - LISTED} more",) if len(sentences) > LISTED else ()
    return (*sentences[:LISTED], *more)


def _entries(
    document: Mapping[str, Any], changes: Iterable[tuple[Mapping[str, Any], Action]], secrets: Secrets
) -> Iterator[Entry]:
    blocks = configured_resources(document)
    providers = (document.get("configuration") or {}).get("provider_config") or {}
    for entry, action in changes:
        if action is Action.NO_OP:
            continue
        change = entry["change"]
        block = blocks.get(config_address(entry["address"])) or {}
        gone = action not in _LEAVES
        yield Entry(
            address=secrets.address(entry["address"]),
            type=entry.get("type", ""),
            action=action,
            after=(change.get("before") if gone else change.get("after")) or {},
            unknown=None if gone else change.get("after_unknown"),
            mark=read_mark(change.get("before_sensitive" if gone else "after_sensitive")),
            provider=providers.get(block.get("provider_config_key", "")) or {},
        )


# Forbidden changes


def _forbidden(entry: Entry, row: Forbidden, around: Surroundings) -> Iterator[str]:
    if row.actions and entry.action not in row.actions:
        return
    if not covered(row.types, entry.type) or not covered(row.addresses, entry.address):
        return
    verb = f"{entry.address} would be {_VERBS[entry.action]}"
    if not row.regions:
        yield f"{verb}, which is forbidden"
        return
    region = region_of(entry, around)
    if region is None:
        return
    if not region:
        yield f"{verb}, but its region is not known before the apply"
    elif any(fnmatchcase(region, glob) for glob in row.regions):
        yield f"{verb} in {region}, which is forbidden"


def region_of(entry: Entry, around: Surroundings) -> str | None:
    """Of the resource, else of its provider; empty if it is not known, None if there is none."""
    for key in REGIONS:
        if unknown_of(entry.unknown, key):
            return ""
        value = entry.after.get(key)
        if isinstance(value, str) and value:
            return value
    for key in REGIONS:
        expression = (entry.provider.get("expressions") or {}).get(key)
        if expression is not None:
            return _evaluated(expression, around.variables)
    # The AWS provider always works in a region; without a setting, it comes from the environment.
    return around.region if entry.type.startswith("aws_") else None


def _evaluated(expression: Any, variables: Mapping[str, Any]) -> str:
    """A constant, or a variable of the root module."""
    if not isinstance(expression, Mapping):
        return ""
    value = expression.get("constant_value")
    if value is None:
        references = [one for one in expression.get("references") or () if isinstance(one, str)]
        name = references[0].removeprefix("var.") if len(references) == 1 else ""
        value = (variables.get(name) or {}).get("value") if name else None
    return value if isinstance(value, str) else ""


# Tags


def _untagged(entry: Entry, row: RequiredTags) -> Iterator[str]:
    if entry.action not in _LEAVES or not covered(row.types, entry.type):
        return
    known: set[str] = set()
    unknown = taggable = False
    for key in TAGS:
        value, later = entry.after.get(key), unknown_of(entry.unknown, key)
        taggable = taggable or key in entry.after or bool(later)
        unknown = unknown or later is True
        if isinstance(value, Mapping):
            known |= {name for name, text in value.items() if text not in (None, "")}
        if isinstance(later, Mapping):
            known |= {name for name, is_unknown in later.items() if is_unknown}
    missing = [tag for tag in row.tags if tag not in known] if taggable else []
    if missing:
        doubt = ", as far as is known before the apply" if unknown else ""
        yield f"{entry.address} has no tag {', '.join(missing)}{doubt}"


# Values


def _wrong_values(entry: Entry, row: ValueRule) -> Iterator[str]:
    if entry.action not in _LEAVES or not covered(row.types, entry.type):
        return
    steps = path_steps(row.attribute)
    for path, value, unknown, mark in _at(entry.after, entry.unknown, entry.mark, steps, ""):
        named = f"{entry.address} has {path.lstrip('.')}"
        if unknown:
            if "*" not in row.allow:
                yield f"{named}, which is not known before the apply; {_wanted(row)}"
        elif not permitted(value, row):
            yield f"{named} = {CONCEALED if mark else _text(value)[:_SHOWN]}; {_wanted(row)}"


def path_steps(path: str) -> tuple[str, ...]:
    """`a.b[*].c` as its steps; empty if it is no path."""
    found = list(_STEP.finditer(path))
    rest = _STEP.sub("", path).replace(".", "")
    return () if rest else tuple((one[1] or one[2]).strip('"') for one in found)


def _at(
    value: Any, unknown: Any, mark: Mark, steps: Sequence[str], path: str
) -> Iterator[tuple[str, Any, bool, bool]]:
    """The values at a path, each with whether it is unknown and whether it is sensitive. `*` stands for every element."""
    if unknown is True or not steps:
        yield path, value, unknown is True or holds_unknown(unknown), bool(mark)
        return
    step, rest = steps[0], steps[1:]
    if isinstance(value, Mapping) or isinstance(unknown, Mapping):
        inside = value if isinstance(value, Mapping) else {}
        later = unknown if isinstance(unknown, Mapping) else {}
        keys = {**inside, **later} if step == "*" else {step} & (inside.keys() | later.keys())
        for key in sorted(keys):
            yield from _at(inside.get(key), later.get(key), mark_of(mark, key), rest, f"{path}.{key}")
    elif isinstance(value, list):
        # A nested block is a list even if there can be only one: a path may leave out its index.
        chosen = range(len(value)) if step == "*" or not step.isdigit() else [int(step)]
        after = rest if step == "*" or step.isdigit() else steps
        for index in chosen:
            if index < len(value):
                inner = f"{path}[{index}]"
                yield from _at(value[index], unknown_of(unknown, index), mark_of(mark, index), after, inner)


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
        (row.at_least is not None and number < row.at_least)
        or (row.at_most is not None and number > row.at_most)
    )


def _is(text: str, wanted: Any) -> bool:
    return fnmatchcase(text, wanted) if isinstance(wanted, str) else text == _text(wanted)


def _text(value: Any) -> str:
    """As a person writes it: `true`, `null`, `100`, `t3.micro`."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    number = _number(value)
    return str(value) if number is None else f"{number:g}" if number != int(number) else str(int(number))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None or isinstance(value, Mapping | list):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if number == number and abs(number) != float("inf") else None  # noqa: PLR0124 # NaN


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
