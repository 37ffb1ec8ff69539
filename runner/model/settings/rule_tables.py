"""Every table of the operator's rules that match stacks, in one place."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from typing import Any

from runner.model.settings.context import Context
from runner.model.settings.server import Settings
from runner.model.stack.match import StackMatch
from runner.model.values.codec import to_plain
from runner.model.values.frozen import dataclass

_OF_THE_ENTRY = frozenset({"name", "match", "reason"})


def set_keys(rule: Any) -> dict[str, Any]:
    """The keys that are set to something else than their default, as plain data."""
    return {
        one.name.removesuffix("_"): _without_defaults(to_plain(value))
        for one in fields(rule)
        if one.name not in _OF_THE_ENTRY
        and (value := getattr(rule, one.name)) not in (one.default, None, {}, ())
    }


def _without_defaults(value: Any) -> Any:
    """Keys inside that are not set are left out."""
    match value:
        case dict():
            return {key: _without_defaults(one) for key, one in value.items() if one not in (None, [], {})}
        case list():
            return [_without_defaults(one) for one in value]
        case _:
            return value


def set_names(context: Context) -> dict[str, Any]:
    """What a context sets, without the values."""
    given = {
        key: list(value) if isinstance(value, dict) else value for key, value in set_keys(context).items()
    }
    return {key: value for key, value in given.items() if value}


def without_secrets(rule: Any) -> dict[str, Any]:
    """The keys that are set, without those that a dataclass excludes from its repr."""
    secret = {one.name for one in fields(rule) if not one.repr}
    return {key: value for key, value in set_keys(rule).items() if key not in secret}


@dataclass(frozen=True)
class RuleTable:
    """A list in the configuration whose entries have a `match`; `says` is what one of them sets, by key."""

    key: str
    rules: Callable[[Settings], Sequence[Any]]
    says: Callable[[Any], dict[str, Any]] = set_keys


HEAL = "drift.heal"

TABLES = (
    RuleTable("approvals.rules", lambda settings: settings.approvals.rules),
    RuleTable("guardrails.rules", lambda settings: settings.guardrails.rules),
    RuleTable("windows", lambda settings: settings.windows),
    RuleTable(HEAL, lambda settings: settings.drift.heal),
    RuleTable("policies", lambda settings: settings.policies),
    RuleTable("checks", lambda settings: settings.checks),
    RuleTable("contexts", lambda settings: settings.contexts, set_names),
    RuleTable("notifications", lambda settings: settings.notifications, without_secrets),
)


@dataclass(frozen=True)
class TableRule:
    """One entry of a table, with the name that people see."""

    table: str
    name: str
    match: StackMatch
    reason: str
    says: dict[str, Any]  # what it sets, by key

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}" if self.reason else self.name


def table_rules(settings: Settings) -> Iterator[TableRule]:
    """All rules of all tables, in the order of the configuration."""
    for table in TABLES:
        for number, rule in enumerate(table.rules(settings), 1):
            yield TableRule(
                table=table.key,
                name=_name(table.key, number, rule),
                match=rule.match,
                reason=getattr(rule, "reason", ""),
                says=table.says(rule),
            )


def _name(table: str, number: int, rule: Any) -> str:
    own = getattr(rule, "name", "")
    return f'"{own}" of {table}' if own else f"rule {number} of {table}"
