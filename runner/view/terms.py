"""On which terms a stack is applied, each with who set it."""

from collections.abc import Iterator

from runner.model.approval.people import People
from runner.model.approval.terms import Terms, Word, approvers, names, nobody
from runner.model.values.codec import key
from runner.model.values.frozen import dataclass
from runner.view.words import counted, or_list


@dataclass(frozen=True)
class TermWord:
    """What one place says about one key; `counts` where it applies to the plan and is among the strictest."""

    key: str
    value: str | int | bool | list[str]
    origin: str
    reason: str
    counts: bool

    @property
    def said_by(self) -> str:
        return f"{self.origin}: {self.reason}" if self.reason else self.origin


@dataclass(frozen=True)
class TermSentence:
    name: str
    value: str
    by: str  # who set it, and why


@dataclass(frozen=True)
class TermsView:
    """`from_` are the people who may approve, None where everybody may; `why` says for each key who set it."""

    mode: str
    required: int
    author_may_approve: bool
    protect: tuple[str, ...]
    nobody: str | None  # why too few people are left who may approve
    words: tuple[TermWord, ...]
    why: dict[str, str]
    one_of: tuple[tuple[str, ...], ...]  # of each list, one person must approve
    from_: tuple[str, ...] | None = key("from")

    @property
    def needs(self) -> str:
        """Such as `2 approvals, one of them by ana or bo`."""
        if self.mode == "automatic":
            return f"no approval; {max(self.required, 1)} for plans that destroy resources"
        count = counted(self.required, "approval")
        return ", ".join((count, *(f"one of them by {or_list(names)}" for names in self.one_of)))

    @property
    def sentences(self) -> Iterator[TermSentence]:
        """All that counts, in words."""
        authors = "may approve" if self.author_may_approve else "may not approve"
        yield TermSentence("apply", self.mode, self.why["mode"])
        yield TermSentence("needs", self.needs, self.why["required"])
        yield TermSentence("authors", f"{authors} their own code", self.why["author_may_approve"])
        if self.from_ is not None:
            yield TermSentence("approvers", ", ".join(self.from_) or "nobody", self.why["from"])
        for word in self.words:
            if word.key == "protect" and isinstance(word.value, list):
                yield TermSentence("protected", ", ".join(word.value), word.said_by)


def terms_view(terms: Terms, people: People) -> TermsView:
    return TermsView(
        mode=terms.mode,
        required=terms.required,
        author_may_approve=terms.author_may_approve,
        protect=terms.protect,
        nobody=nobody(terms, people),
        words=tuple(_word(terms, word) for word in terms.words),
        why={
            **{key: terms.why(key) for key in ("mode", "required", "author_may_approve")},
            "from": "; ".join(dict.fromkeys(map(str, terms.lists))),
        },
        one_of=tuple(names(word) for word in terms.one_of),
        from_=approvers(terms, people),
    )


_LISTS = frozenset({"from", "one_of", "protect"})


def _word(terms: Terms, of: Word) -> TermWord:
    """Every list of people and of protected addresses counts; of the other words the strictest do."""
    return TermWord(
        key=of.key,
        value=list(names(of)) if isinstance(of.value, tuple) else of.value,
        origin=of.origin,
        reason=of.reason,
        counts=of.applies and (of.key in _LISTS or of.value == getattr(terms, of.key)),
    )
