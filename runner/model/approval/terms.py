"""The terms for approving a stack's plans: the strictest of the operator's rules and of the stack files."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

from runner.model.approval.approval import Person
from runner.model.approval.people import People, names_of
from runner.model.changes.changes import Summary
from runner.model.policy.result import PolicyResult
from runner.model.settings.server import EVERY_PLAN, ApprovalRule, ApprovalSettings, PlanMatch
from runner.model.settings.windows import NO_WINDOWS, WindowRules
from runner.model.stack.definition import Discovered, OnMerge, Stack, StackDefinition
from runner.model.stack.match import StackMatch, reaches
from runner.model.values.frozen import dataclass
from runner.model.window.closed import Reaching

Mode = Literal["never", "approved", "automatic"]
STRICTNESS: tuple[Mode, ...] = ("never", "approved", "automatic")  # strictest first
DEFAULT = "approvals in the server's configuration"


@dataclass(frozen=True)
class Declaration:
    """A stack as one commit declared it. An earlier one counts until a run on the newer terms is applied."""

    definition: StackDefinition
    source: str
    module_path: str
    identity: str  # digest of the state
    file: str
    revision: str
    id: int = 0
    former: bool = False

    @property
    def origin(self) -> str:
        if not self.former:
            return self.file or "its stack file"
        return f"{self.file or 'its stack file'} at {self.revision[:12]} (in force until a newer plan is applied)"


def declaration_of(at: Stack | Discovered) -> Declaration:
    return Declaration(
        definition=at.definition,
        source=at.source,
        module_path=at.module_path,
        identity=at.identity.digest,
        file=at.file,
        revision=at.revision,
    )


UNDER_FORMER_RULES = "what sets apply.on_merge to reviewed is not applied yet"


@dataclass(frozen=True)
class Word:
    """What one source of rules says about one key."""

    key: Literal["mode", "required", "from", "one_of", "author_may_approve", "protect", "on_merge"]
    value: str | int | bool | tuple[str, ...]
    origin: str
    reason: str = ""
    of_stack: bool = False  # from a stack file, not from the operator
    applies: bool = True  # False for a rule about plans of another kind than this one

    def __str__(self) -> str:
        return f"{self.origin}: {self.reason}" if self.reason else self.origin


@dataclass(frozen=True)
class Terms:
    """`lists` name the people who may approve: a person has to be in each. Of each list in `one_of`, one
    person has to approve. `words` has everything that was said about that, and where. All `windows` have to be
    open for an apply to start.
    """

    mode: Mode
    required: int
    author_may_approve: bool
    lists: tuple[Word, ...] = ()
    one_of: tuple[Word, ...] = ()
    protect: tuple[str, ...] = ()
    words: tuple[Word, ...] = ()
    windows: tuple[Reaching, ...] = ()
    on_merge: OnMerge = "ask"

    @property
    def asks_after_merge(self) -> str:
        """Why people are asked about the plan of a merge that was reviewed; empty if they are not."""
        if self.on_merge == "reviewed":
            return ""
        said = [word for word in self.words if word.applies and word.key == "on_merge"]
        if asking := next((word for word in said if word.value == "ask"), None):
            return f"apply.on_merge is ask ({asking})"
        return UNDER_FORMER_RULES if said else "apply.on_merge is ask, the default"

    def why(self, key: str) -> str:
        """Where the effective value comes from: from the operator, if the operator says so."""
        value = getattr(self, key)
        said = [word for word in self.words if word.applies and word.key == key and word.value == value]
        said = [word for word in said if not word.of_stack] or said
        return "; ".join(dict.fromkeys(map(str, said)))


def agreed(
    settings: ApprovalSettings,
    declared: Sequence[Declaration],
    lowering: Collection[str] = (),
    plan: Summary | None = None,
    windows: WindowRules = NO_WINDOWS,
) -> Terms:
    """The terms for a stack with these declarations, newest last, and for one plan of it.

    Without a plan, rules about some plans do not apply. In `lowering` sources a stack file may require fewer
    people than the server, but never fewer than a rule.
    """
    rules = list(_reaching(settings, declared, plan))
    words = (
        *_default(settings, len(declared), rules),
        *(word for one in rules for word in _of_rule(one, declared)),
        *_own(declared),
    )
    counted = [one.rule for one in rules if one.applies]
    numbers = [_number(settings, one, lowering) for one in declared]
    required = max([*numbers, *(rule.required for rule in counted if rule.required is not None)])
    modes = (_mode(one, at, rules) for at, one in enumerate(declared))
    mode = min(modes, key=STRICTNESS.index)
    return Terms(
        mode=mode,
        required=required,
        author_may_approve=settings.author_may_approve
        and all(rule.author_may_approve is not False for rule in counted),
        lists=tuple(word for word in words if word.key == "from" and word.applies),
        one_of=tuple(word for word in words if word.key == "one_of" and word.applies),
        protect=tuple(dict.fromkeys(address for word in words for address in _protected(word))),
        words=words,
        windows=windows_of(windows, declared),
        on_merge=_on_merge(settings, declared),
    )


@dataclass(frozen=True)
class Applied:
    """A rule that matches the stack. `met` says which declarations it matches, `applies` whether the plan too."""

    number: int
    rule: ApprovalRule
    met: tuple[bool, ...]
    applies: bool


def concerns(when: PlanMatch, plan: Summary | None) -> bool:
    """Whether a rule with this condition applies to the plan."""
    if when == EVERY_PLAN:
        return True
    if plan is None:
        return False
    return (when.destroys_over is None or plan.destroys > when.destroys_over) and (
        when.changes_over is None or plan.changes > when.changes_over
    )


def raised(terms: Terms, results: Sequence[PolicyResult]) -> Terms:
    """The terms of a plan for which policies ask for approvals: more people than otherwise, never fewer."""
    words = tuple(
        word
        for one in results
        if one.approvals
        for word in (
            Word("mode", "approved", str(one), one.reason),
            Word("required", one.approvals, str(one), one.reason),
        )
    )
    if not words:
        return terms
    return replace(
        terms,
        mode=min(terms.mode, "approved", key=STRICTNESS.index),
        required=max(terms.required, *(one.approvals for one in results)),
        words=(*terms.words, *words),
    )


def ceiling(rule: ApprovalRule) -> Mode | None:
    """A rule that requires people and sets no mode means `approved`."""
    if rule.mode_at_most is not None:
        return rule.mode_at_most
    return "approved" if rule.required or rule.from_ or rule.one_of else None


def _mode(one: Declaration, at: int, rules: Iterable[Applied]) -> Mode:
    """`automatic` needs the operator's consent for the stack."""
    allowed: list[Mode] = list(_ceilings(at, rules)) or ["approved"]
    return min(one.definition.apply.mode, *allowed, key=STRICTNESS.index)


def _ceilings(at: int, rules: Iterable[Applied]) -> Iterator[Mode]:
    """What the rules that match one declaration allow at most."""
    for one in rules:
        mode = ceiling(one.rule) if one.applies and one.met[at] else None
        if mode is not None:
            yield mode


def _on_merge(settings: ApprovalSettings, declared: Sequence[Declaration]) -> OnMerge:
    """Whether reviews count after the merge: only if the operator and every declaration that counts say so."""
    said = [settings.on_merge, *(one.definition.apply.on_merge for one in declared)]
    return "reviewed" if all(one == "reviewed" for one in said) else "ask"


def _number(settings: ApprovalSettings, one: Declaration, lowering: Collection[str]) -> int:
    own = one.definition.apply.approvals
    if own is None:
        return settings.required
    return own if one.source in lowering else max(own, settings.required)


def matched(match: StackMatch, declared: Iterable[Declaration]) -> bool:
    """Whether the rule matches the stack under any of its declarations."""
    return True in [reaches(match, one.definition, one.source) for one in declared]


def windows_of(rules: WindowRules, declared: Sequence[Declaration]) -> tuple[Reaching, ...]:
    """The operator's that match the stack under any of its declarations, and its own of all of them."""
    found = [reaching for one in declared for reaching in rules.reaching(one.definition, one.source)]
    own = {own: one.origin for one in declared for own in one.definition.windows}
    return (
        *(dict.fromkeys(found) if len(declared) > 1 else found),
        *(Reaching(f"windows of {origin}", w.allow, w.freeze, w.reason) for w, origin in own.items()),
    )


def _reaching(
    settings: ApprovalSettings, declared: Sequence[Declaration], plan: Summary | None
) -> Iterator[Applied]:
    for at in settings.index.candidates(one.definition for one in declared):
        rule = settings.rules[at]
        met = [reaches(rule.match, one.definition, one.source) for one in declared]
        if True in met:
            yield Applied(at + 1, rule, tuple(met), concerns(rule.when, plan))


# Sentences for people


def rule_name(number: int) -> str:
    return f"rule {number} of approvals.rules"


def _default(settings: ApprovalSettings, declarations: int, rules: Sequence[Applied]) -> Iterator[Word]:
    if not all(any(_ceilings(at, rules)) for at in range(declarations)):
        yield Word("mode", "approved", f"{DEFAULT}: no rule allows automatic applies")
    yield Word("required", settings.required, DEFAULT)
    yield Word("author_may_approve", settings.author_may_approve, DEFAULT)
    if settings.on_merge != "reviewed":
        yield Word("on_merge", settings.on_merge, DEFAULT)


def _named(of: Applied, declared: Sequence[Declaration]) -> str:
    """The rule, for which plans it is, and what it matches if that is not the current declaration."""
    name = rule_name(of.number)
    if of.rule.when != EVERY_PLAN:
        name += f", for plans that {in_words(of.rule.when)}"
    newest = next(one for one, met in zip(reversed(declared), reversed(of.met), strict=True) if met)
    return name if not newest.former else f"{name}, which matches {newest.origin}"


def in_words(when: PlanMatch) -> str:
    """Such as `destroy more than 2 resources`, or `destroy anything`."""
    parts = (("destroy", when.destroys_over), ("change", when.changes_over))
    return " and ".join(f"{verb} {_more_than(over)}" for verb, over in parts if over is not None)


def _more_than(over: int) -> str:
    if over == 0:
        return "anything"
    return f"more than {over} resource{'' if over == 1 else 's'}"


def _of_rule(of: Applied, declared: Sequence[Declaration]) -> Iterator[Word]:
    rule, origin = of.rule, _named(of, declared)
    said: tuple[tuple[Any, Any], ...] = (
        ("mode", ceiling(rule)),
        ("required", rule.required),
        ("from", rule.from_ or None),
        ("one_of", rule.one_of or None),
        ("author_may_approve", rule.author_may_approve),
        ("protect", rule.protect or None),
    )
    for key, value in said:
        if value is not None:
            yield Word(key, value, origin, rule.reason, applies=of.applies)


def _own(declared: Iterable[Declaration]) -> Iterator[Word]:
    for one in declared:
        rules = one.definition.apply
        yield Word("mode", rules.mode, one.origin, of_stack=True)
        if rules.approvals is not None:
            yield Word("required", rules.approvals, one.origin, of_stack=True)
        if rules.approvers:
            yield Word("from", rules.approvers, one.origin, of_stack=True)
        if rules.protect:
            yield Word("protect", rules.protect, one.origin, of_stack=True)
        if rules.on_merge is not None:
            yield Word("on_merge", rules.on_merge, one.origin, of_stack=True)


def _protected(word: Word) -> tuple[str, ...]:
    return word.value if word.key == "protect" and isinstance(word.value, tuple) else ()


# Approvers


def names(word: Word) -> tuple[str, ...]:
    return word.value if isinstance(word.value, tuple) else ()


def named_in_all(terms: Terms, person: str | Person, people: People) -> bool:
    mine = names_of(person, people)
    return all(any(names_of(name, people) & mine for name in names(word)) for word in terms.lists)


def approvers(terms: Terms, people: People) -> tuple[str, ...] | None:
    """Who is named in every list; None without lists, when everybody may approve."""
    if not terms.lists:
        return None
    first = terms.lists[0]
    return tuple(name for name in names(first) if named_in_all(terms, name, people))


def nobody(terms: Terms, people: People) -> str | None:
    """Why too few people are left to approve, or None."""
    found = approvers(terms, people)
    for word in terms.one_of:
        if not any(named_in_all(terms, name, people) for name in names(word)):
            return f"one of {', '.join(names(word))} must approve it ({word}), but none of them may"
    if found is None:
        return None
    persons = {names_of(name, people) for name in found}
    if len(persons) >= max(terms.required, 1):
        return None
    lists = "; ".join(f"{word.origin} names {', '.join(names(word))}" for word in terms.lists)
    who = f"only {', '.join(found)} may approve it" if found else "nobody may approve it"
    return f"{who}, but {max(terms.required, 1)} must: {lists}"
