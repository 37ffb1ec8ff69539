"""What a valid approval rule must satisfy, and complaints about rules without effect."""

from collections.abc import Iterator

from runner.config.check import Complaint
from runner.config.ignore_rule import single_line
from runner.config.limits import PLAN_MATCH, RULE, out_of_limits
from runner.config.match import match_complaints
from runner.config.place import KeyPath
from runner.model.settings.server import EVERY_PLAN, ApprovalRule, Settings
from runner.model.values.regex import regex

_LOGIN = regex(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,63}")


def approval_rule_complaints(settings: Settings) -> Iterator[Complaint]:
    sources = tuple(source.name for source in settings.sources)
    for index, rule in enumerate(settings.approvals.rules):
        here: KeyPath = ("approvals", "rules", index)
        yield from out_of_limits(rule, RULE, here)
        yield from match_complaints((*here, "match"), rule.match, sources)
        yield from _people(here, rule, settings.approvals.required)
        yield from _when(here, rule)
        for number, address in enumerate(rule.protect):
            yield from single_line((*here, "protect", number), address, "a resource address or a glob")
        if rule.reason:
            yield from single_line((*here, "reason"), rule.reason, "a text")
    for index, login in enumerate(settings.approvals.owners):
        if _LOGIN.fullmatch(login) is None:
            yield Complaint(("approvals", "owners", index), "expected a login name")


def _when(here: KeyPath, rule: ApprovalRule) -> Iterator[Complaint]:
    yield from out_of_limits(rule.when, PLAN_MATCH, (*here, "when"))
    if rule.protect and rule.when != EVERY_PLAN:
        message = "applies to every plan; move it to a rule without when"
        yield Complaint((*here, "protect"), message, got=False)


def _people(here: KeyPath, rule: ApprovalRule, required: int) -> Iterator[Complaint]:
    for index, login in enumerate(rule.one_of):
        if _LOGIN.fullmatch(login) is None:
            yield Complaint((*here, "one_of", index), "expected a login name")
    if rule.from_ is None:
        return
    if not rule.from_:
        message = "the list is empty; omit it if everyone may approve, or set mode_at_most: never"
        yield Complaint((*here, "from"), message, got=False)
    for index, login in enumerate(rule.from_):
        if _LOGIN.fullmatch(login) is None:
            yield Complaint((*here, "from", index), "expected a login name")
    need = max(required, rule.required or 0)
    count = len(set(rule.from_))
    if rule.from_ and count < need:
        message = f"names {count} {'person' if count == 1 else 'people'}, but {need} approvals are needed"
        yield Complaint((*here, "from"), message, got=False)
