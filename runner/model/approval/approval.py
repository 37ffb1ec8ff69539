"""An approval: a person's yes to one plan, bound to its bytes, its meaning, and everything it was made with."""

from datetime import datetime

from runner.model.stack.definition import StackDefinition
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Person:
    """Who acts. `known_by` says how sure that is: loginuid > caller > user > rule at the command line; through the server `oidc`, `token`, `peer` or `link`."""

    name: str
    known_by: str
    also: tuple[
        str, ...
    ] = ()  # subjects of `approvals.people` that name the same human, whatever the name is now

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
    binding_digest: str = ""  # digest of the run's `Binding`
    accepted: tuple[str, ...] = ()  # the answers that let guard rails pass
    independent: bool | None = (
        None  # whether the person had no part in the commits; None where that was not recorded
    )


@dataclass(frozen=True)
class Commit:
    """The people and the message of a revision, as Git records them (text, not proof)."""

    revision: str
    author: str
    author_email: str
    committer: str
    committer_email: str
    at: datetime
    subject: str
    co_authors: tuple[str, ...] = ()  # mail addresses from its `Co-authored-by` trailers
    signed_by: str = ""  # who signed it, by the operator's list, where the source verifies signatures
    also: tuple[str, ...] = ()  # other readings of the people, where the commit is not UTF-8


@dataclass(frozen=True)
class Review:
    """The newest revision of a stack that was approved by somebody who did not write it, and then applied.

    `at` is when its run was made: anything found out after that counts again.
    """

    stack: str
    source: str
    revision: str
    definition: StackDefinition
    module_path: str
    file: str
    at: datetime
