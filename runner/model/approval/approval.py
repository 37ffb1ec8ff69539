"""An approval: a person's yes to one plan, bound to its bytes, its meaning, and all that it was made with."""

from dataclasses import dataclass
from datetime import datetime

from runner.model.stack.definition import StackDefinition


@dataclass(frozen=True)
class Person:
    """Who acts. `known_by` says how sure that is: loginuid > caller > user > rule."""

    name: str
    known_by: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Approval:
    run: int
    person: Person
    at: datetime
    plan_digest: str
    fingerprint: str
    comment: str = ""
    binding_digest: str = ""  # of the run's `Binding`
    accepted: tuple[str, ...] = ()  # the answers that let guard rails pass
    independent: bool | None = None  # of a person who wrote nothing of it; None where that was not recorded


@dataclass(frozen=True)
class Commit:
    """A revision's people and words, as Git tells them (text, not proof)."""

    revision: str
    author: str
    author_email: str
    committer: str
    committer_email: str
    at: datetime
    subject: str
    co_authors: tuple[str, ...] = ()  # mail addresses of its `Co-authored-by` trailers
    signed_by: str = ""  # who signed it by the operator's list, where the source's signatures are verified
    also: tuple[str, ...] = ()  # other readings of its people, where it is not said in UTF-8


@dataclass(frozen=True)
class Review:
    """The newest revision of a stack that somebody who did not write it approved, and that was then applied.

    `at` is when its run was made: what came to light later counts again.
    """

    stack: str
    source: str
    revision: str
    definition: StackDefinition
    module_path: str
    file: str
    at: datetime
