"""Copies of sensitive values that lost their mark.

terraform loses a mark when a provider copies a value: with `input = var.password` on a `terraform_data`,
`output` holds the password unmarked, and `terraform show` prints it. Such copies are found by their text.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from runner.model.changes.changes import MASK
from runner.model.changes.configuration import KEY, provider_secrets, secret_variables
from runner.model.changes.mask import Mark, join, mark_of, plain_number, read_mark
from runner.model.changes.secret_shape import without_tokens
from runner.model.secret.forms import encoded, skeleton, written
from runner.model.secret.traces import NO_TRACES, SHORTEST, Traces
from runner.model.values.distinct import with_distinct_keys
from runner.model.values.frozen import dataclass
from runner.model.values.regex import regex

# Shorter secrets (`on`, `443`) are too common to be distinguished from chance; only their marks mask them.
SHORTEST_WHOLE = 3
SHORTEST_PART = 6
# Half of a surrogate pair is no character: Go writes this one instead, which cannot come from anything else.
_HALF_PAIR = regex("[\ud800-\udfff]")
_NO_CHARACTER = "\ufffd"
# A possible attribute name: it occurs in the code, and everywhere else too.
_NAME = regex(r"[A-Za-z]{1,20}(?:_[A-Za-z]{1,20}){0,5}")


@dataclass(frozen=True)
class Secrets:
    """Texts that must not be shown: `whole` as a whole value; inside other text `parts` as spelled, and
    `traces` in any form.
    """

    texts: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()
    parts: tuple[str, ...] = ()
    traces: Traces = NO_TRACES
    others: "tuple[Secrets, ...]" = ()

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Secrets":
        return _known(frozenset(texts))

    def scrub(self, value: Any, *, halves: bool = False) -> Any:
        """The value with every known secret in it replaced by MASK; with `halves` also truncated ones."""
        match value:
            case str():
                return self._scrub_text(value, halves=halves)
            case dict():
                return with_distinct_keys(
                    (self._scrub_text(key, halves=halves), self.scrub(part, halves=halves))
                    for key, part in value.items()
                )
            case list():
                return [self.scrub(part, halves=halves) for part in value]
            case bool() | None:
                return value
            case _:
                text = _text(value)
                known = len(text) >= SHORTEST_PART and any(text in one.whole for one in (self, *self.others))
                return MASK if known else value

    def _scrub_text(self, text: str, *, halves: bool) -> str:
        for one in (self, *self.others):
            text = one.without_own(text, halves=halves)
        return without_tokens(text)

    def without_own(self, text: str, *, halves: bool) -> str:
        """Only with this object's own secrets, not with `others`."""
        if text in self.whole:
            return MASK
        for part in self.parts:
            if part in text:
                text = text.replace(part, MASK)
        return self.traces.scrub(text, halves=halves)

    def address(self, address: str) -> str:
        """The address of a resource without the secrets in its instance keys; its other words come from the code."""
        return KEY.sub(lambda key: str(self.scrub(key[0])), address) if "[" in address else address

    def __or__(self, other: "Secrets") -> "Secrets":
        """Combined: the secrets of a whole plan are not computed again for each of its resources."""
        news = [one for one in (other, *other.others) if not one.texts <= self.texts]
        return replace(self, others=(*self.others, *news)) if news else self

    def with_marked(self, change: Mapping[str, Any]) -> "Secrets":
        """Plus what is marked in this change."""
        news = {text for text, marked in _change_texts(change) if marked} - self.texts
        return self | Secrets.of(news) if news else self


@lru_cache(maxsize=64)
def _known(texts: frozenset[str]) -> Secrets:
    sound = {_HALF_PAIR.sub(_NO_CHARACTER, text) for text in texts}
    known = {form for text in sound for form in (text, text.strip()) if len(form) >= SHORTEST_WHOLE}
    long = [text for text in known if len(text) >= SHORTEST_PART]
    parts = {form for text in long for form in _spelled(text)}
    return Secrets(
        frozenset(texts),
        frozenset(known),
        tuple(sorted(parts, key=lambda text: (-len(text), text))),
        Traces.of(long),
    )


def _spelled(text: str) -> Iterator[str]:
    """For a text with too few letters to leave a trace."""
    if len(skeleton(text)) < SHORTEST:
        yield from written(text)
        yield from (form for form in encoded(text) if len(form) >= SHORTEST_PART)


NONE = Secrets()


def plan_secrets(document: Mapping[str, Any]) -> Secrets:
    """What must be masked anywhere in this plan: everything it marks sensitive anywhere."""
    given = {text for value in secret_variables(document) for text in texts(value)}
    return Secrets.of(sensitive_texts(document) | given)


def sensitive_texts(document: Mapping[str, Any]) -> frozenset[str]:
    """Every text that the plan marks sensitive: in its changes, in the states before and after them, in its variables."""
    marked = {text for change in _changes(document) for text, is_marked in _change_texts(change) if is_marked}
    for entry in document.get("action_invocations") or ():
        marks = read_mark(entry.get("config_sensitive"))
        marked |= {text for text, own in _marked_texts(entry.get("config_values"), marks) if own}
    stated = {
        text
        for values, mark in _stated(document)
        for text, is_marked in _marked_texts(values, mark)
        if is_marked
    }
    given = {
        text
        for values in (secret_variables(document), provider_secrets(document))
        for value in values
        for text in texts(value)
    }
    return frozenset(text for text in marked | stated | given if len(text) >= SHORTEST_PART)


def _changes(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name in ("resource_changes", "resource_drift"):
        yield from (entry["change"] for entry in document.get(name) or ())
    for deferred in document.get("deferred_changes") or ():
        yield (deferred.get("resource_change") or {}).get("change") or {}
    yield from (document.get("output_changes") or {}).values()


def _stated(document: Mapping[str, Any]) -> Iterator[tuple[Any, Mark]]:
    """The values of resources and outputs in the states of a plan, with their marks."""
    for state in ((document.get("prior_state") or {}).get("values"), document.get("planned_values")):
        for output in ((state or {}).get("outputs") or {}).values():
            yield output.get("value"), read_mark(output.get("sensitive"))
        modules = [(state or {}).get("root_module") or {}]
        while modules:
            module = modules.pop()
            modules += module.get("child_modules") or ()
            for resource in module.get("resources") or ():
                yield resource.get("values"), read_mark(resource.get("sensitive_values"))


def _change_texts(change: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    mark = join(read_mark(change.get(side)) for side in ("before_sensitive", "after_sensitive"))
    for side in ("before", "after"):
        yield from _marked_texts(change.get(side), mark)


def _marked_texts(value: Any, mark: Mark) -> Iterator[tuple[str, bool]]:
    match value:
        case _ if mark is None or mark is True:
            yield from ((text, mark is True) for text in texts(value))
        case dict():
            for key, part in value.items():
                yield from _marked_texts(part, mark_of(mark, key))
        case list():
            for i, part in enumerate(value):
                yield from _marked_texts(part, mark_of(mark, i))
        case _:
            yield from ((text, True) for text in texts(value))


def texts(value: Any) -> Iterator[str]:
    """The texts in a secret value; a key counts if it is more than a name."""
    match value:
        case dict():
            for key, part in value.items():
                yield from not_names((key,))
                yield from texts(part)
        case list():
            for part in value:
                yield from texts(part)
        case str():
            yield value
        case bool() | None:
            return
        case _:
            # A short number is too common to give away a secret.
            if len(text := _text(value)) >= SHORTEST_PART:
                yield text


def not_names(keys: Iterable[str]) -> Iterator[str]:
    """The keys that are more than names."""
    return (key for key in keys if _NAME.fullmatch(key) is None)


def _text(number: Any) -> str:
    return str(plain_number(number))
