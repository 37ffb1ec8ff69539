"""Copies of sensitive values that lost their mark on the way.

terraform forgets a mark where a provider copies a value: with `input = var.password` on a `terraform_data`, `output`
holds the password unmarked, and `terraform show` prints it. Such copies are found by their text.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runner.model.configuration import provider_secrets, secret_variables
from runner.model.mask import Mark, join, mark_of, plain_number, read_mark
from runner.model.plan import MASK
from runner.model.secret_shape import without_tokens

# Shorter secrets (`on`, `443`) are too common to be told from chance; their marks alone mask them.
SHORTEST_WHOLE = 3
SHORTEST_PART = 6


@dataclass(frozen=True)
class Secrets:
    """Texts that must not be seen: `parts` anywhere, `whole` where they are the whole value."""

    whole: frozenset[str] = frozenset()
    parts: tuple[str, ...] = ()

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Secrets":
        known = {form for text in texts for form in (text, text.strip()) if len(form) >= SHORTEST_WHOLE}
        long = {
            form for text in known if len(text) >= SHORTEST_PART for form in (text, json.dumps(text)[1:-1])
        }
        return cls(frozenset(known), tuple(sorted(long, key=lambda text: (-len(text), text))))

    def scrub(self, value: Any) -> Any:
        """The value with every known secret in it replaced by MASK."""
        match value:
            case str():
                return self._scrub_text(value)
            case dict():
                return {self._scrub_text(key): self.scrub(part) for key, part in value.items()}
            case list():
                return [self.scrub(part) for part in value]
            case bool() | None:
                return value
            case _:
                text = _text(value)
                return MASK if len(text) >= SHORTEST_PART and text in self.whole else value

    def _scrub_text(self, text: str) -> str:
        if text in self.whole:
            return MASK
        for part in self.parts:
            if part in text:
                text = text.replace(part, MASK)
        return without_tokens(text)

    def __or__(self, other: "Secrets") -> "Secrets":
        if not other.whole:
            return self
        parts = sorted({*self.parts, *other.parts}, key=lambda text: (-len(text), text))
        return Secrets(self.whole | other.whole, tuple(parts))


NONE = Secrets()


def plan_secrets(document: Mapping[str, Any]) -> Secrets:
    """What must be masked anywhere in this plan: sensitive variables, and marked values known to have been copied.

    A marked value without an unmarked copy stays out: else a VPC id that is also kept in a (by its schema sensitive)
    SSM parameter would be masked in the whole plan.
    """
    found = {text for value in secret_variables(document) for text in texts(value)}
    for entry in [*(document.get("resource_changes") or ()), *(document.get("resource_drift") or ())]:
        found |= _copied(entry["change"])
    return Secrets.of(found)


def sensitive_texts(document: Mapping[str, Any]) -> frozenset[str]:
    """Every text that the plan calls sensitive: what a provider may repeat in an error when it is applied."""
    entries = [*(document.get("resource_changes") or ()), *(document.get("resource_drift") or ())]
    changes = [*(entry["change"] for entry in entries), *(document.get("output_changes") or {}).values()]
    marked = {text for change in changes for text, is_marked in _change_texts(change) if is_marked}
    for entry in document.get("action_invocations") or ():
        marks = read_mark(entry.get("config_sensitive"))
        marked |= {text for text, own in _marked_texts(entry.get("config_values"), marks) if own}
    given = {
        text
        for values in (secret_variables(document), provider_secrets(document))
        for value in values
        for text in texts(value)
    }
    return frozenset(text for text in marked | given if len(text) >= SHORTEST_PART)


def change_secrets(change: Mapping[str, Any]) -> Secrets:
    """What is marked in this change."""
    return Secrets.of(text for text, marked in _change_texts(change) if marked)


def _copied(change: Mapping[str, Any]) -> set[str]:
    found: dict[bool, set[str]] = {True: set(), False: set()}
    for text, marked in _change_texts(change):
        found[marked].add(text)
    clear = found[False]
    return {
        text
        for text in found[True]
        if text in clear or (len(text) >= SHORTEST_PART and any(text in other for other in clear))
    }


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
    match value:
        case dict():
            for part in value.values():
                yield from texts(part)
        case list():
            for part in value:
                yield from texts(part)
        case str():
            yield value
        case bool() | None:
            return
        case _:
            # A short number is no secret that its digits could give away elsewhere.
            if len(text := _text(value)) >= SHORTEST_PART:
                yield text


def _text(number: Any) -> str:
    return str(plain_number(number))
