"""What valid guard rails must satisfy."""

from collections.abc import Iterator, Mapping

from runner.config.check import Complaint
from runner.config.ignore_rule import single_line
from runner.config.limits import GUARDRAIL_RULE, out_of_limits
from runner.config.match import match_complaints
from runner.config.place import KeyPath
from runner.model.settings.guardrails import Forbidden, GuardrailRule, Guardrails, RequiredTags, ValueRule
from runner.model.settings.server import Settings

_GLOBS = ("protect_types", "protect_addresses", "actions")
_SAYS = ("max_destroys", "max_changes", *_GLOBS, "forbid", "required_tags", "values")


def guardrail_complaints(settings: Settings) -> Iterator[Complaint]:
    rails = settings.guardrails
    yield from _globs(("guardrails",), rails)
    sources = tuple(source.name for source in settings.sources)
    for index, rule in enumerate(rails.rules):
        here: KeyPath = ("guardrails", "rules", index)
        yield from out_of_limits(rule, GUARDRAIL_RULE, here)
        yield from match_complaints((*here, "match"), rule.match, sources)
        yield from _globs(here, rule)
        yield from _content(here, rule)
        if rule.reason:
            yield from single_line((*here, "reason"), rule.reason, "a text")
        if all(getattr(rule, key) in (None, ()) for key in _SAYS):
            yield Complaint(here, f"says nothing; add one of {', '.join(_SAYS)}", got=False)


def _globs(here: KeyPath, of: Guardrails | GuardrailRule) -> Iterator[Complaint]:
    for key in _GLOBS:
        for index, glob in enumerate(getattr(of, key)):
            yield from single_line((*here, key, index), glob, "a string or a glob")


def _content(here: KeyPath, rule: GuardrailRule) -> Iterator[Complaint]:
    for index, forbidden in enumerate(rule.forbid):
        yield from _nothing((*here, "forbid", index), forbidden, ("types", "addresses"))
    for index, row in enumerate(rule.required_tags):
        yield from _nothing((*here, "required_tags", index), row, ("types",))
        if not row.tags:
            yield Complaint((*here, "required_tags", index, "tags"), "the list is empty", got=False)
    for index, value in enumerate(rule.values):
        yield from _value((*here, "values", index), value)


def _nothing(
    here: KeyPath, row: Forbidden | RequiredTags | ValueRule, keys: tuple[str, ...]
) -> Iterator[Complaint]:
    for key in keys:
        if not getattr(row, key):
            yield Complaint((*here, key), "the list is empty, so the rule matches nothing", got=False)


def _value(here: KeyPath, value: ValueRule) -> Iterator[Complaint]:
    from runner.model.approval.content_rules import path_steps  # which reads plans: for such rules only

    if not path_steps(value.attribute):
        message = "expected a path such as instance_type or root_block_device[*].volume_size"
        yield Complaint((*here, "attribute"), message)
    yield from _nothing(here, value, ("types",))
    for key in ("allow", "forbid"):
        for index, one in enumerate(getattr(value, key)):
            if isinstance(one, Mapping | list):
                yield Complaint((*here, key, index), "expected a text, a number, true, false or null")
    low, high = value.at_least, value.at_most
    if not value.allow and not value.forbid and low is None and high is None:
        yield Complaint(here, "says nothing; add one of allow, forbid, at_least, at_most", got=False)
    if low is not None and high is not None and low > high:
        yield Complaint((*here, "at_least"), f"is greater than at_most ({high:g}), so nothing is allowed")
