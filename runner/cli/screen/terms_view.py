"""On which terms a stack is applied, on the screen and as JSON: each with where it comes from."""

from typing import Any

from runner.cli.screen.output import Cell
from runner.model.approval.people import People
from runner.model.approval.terms import Terms, Word, approvers, names, nobody


def terms_rows(terms: Terms, people: People) -> list[tuple[str, list[Cell | str]]]:
    named = approvers(terms, people)
    rows: list[tuple[str, list[Cell | str]]] = [
        ("apply", [f"{terms.mode}  ", Cell(f"by {terms.why('mode')}", "dim")]),
        ("needs", [f"{_needs(terms)}  ", Cell(f"by {terms.why('required')}", "dim")]),
        (
            "authors",
            [_AUTHORS[terms.author_may_approve], Cell(f"by {terms.why('author_may_approve')}", "dim")],
        ),
    ]
    if named is not None:
        told = "; ".join(dict.fromkeys(map(str, terms.lists)))
        rows.append(("approvers", [f"{', '.join(named) or 'nobody'}  ", Cell(f"by {told}", "dim")]))
    if (empty := nobody(terms, people)) is not None:
        rows.append(("", [Cell(f"! {empty}", "red")]))
    rows += [
        ("protected", [f"{', '.join(names(word))}  ", Cell(f"by {word}", "dim")])
        for word in terms.words
        if word.key == "protect"
    ]
    return rows


_AUTHORS = {True: "may approve their own code  ", False: "may not approve their own code  "}


def _needs(terms: Terms) -> str:
    if terms.mode == "automatic":
        return f"no approval; {max(terms.required, 1)} for what destroys"
    return "1 approval" if terms.required == 1 else f"{terms.required} approvals"


def terms_document(terms: Terms, people: People) -> dict[str, Any]:
    """`words` are all that was said, also what is not the strictest; `counts` says which do."""
    named = approvers(terms, people)
    return {
        "mode": terms.mode,
        "required": terms.required,
        "from": None if named is None else list(named),
        "author_may_approve": terms.author_may_approve,
        "protect": list(terms.protect),
        "nobody": nobody(terms, people),
        "words": [
            {
                "key": word.key,
                "value": list(word.value) if isinstance(word.value, tuple) else word.value,
                "origin": word.origin,
                "reason": word.reason,
                "counts": _counts(terms, word),
            }
            for word in terms.words
        ],
    }


def _counts(terms: Terms, word: Word) -> bool:
    """Every list of people and of protected addresses counts; of the other words the strictest do."""
    return word.key in {"from", "protect"} or word.value == getattr(terms, word.key)
