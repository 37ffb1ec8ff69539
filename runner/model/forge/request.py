"""What a forge says about pull requests, and what people write in them."""

from datetime import datetime
from typing import Literal

from runner.model.values.frozen import dataclass
from runner.model.values.text import safe_text


@dataclass(frozen=True)
class RequestAtForge:
    """An open pull request. Title, author and labels are untrusted text; `head` is a revision, `base` a branch."""

    number: int
    title: str
    author: str
    head: str
    base: str
    url: str
    fork: bool = False
    draft: bool = False
    labels: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[str, str]:
        """Title and author, without anything that could deceive on a terminal."""
        return safe_text(" ".join(self.title.split())), safe_text(self.author)


@dataclass(frozen=True)
class RequestComment:
    """What a person wrote in a pull request, or their approving review; all times are the forge's.

    An edited text may be somebody else's: maintainers can edit the comments of others. `id` is unique among
    those of the same kind in a repository, and `revision` is the head that a review was made for, if the forge tells.
    """

    number: int
    id: str
    author: str
    author_id: str
    body: str
    at: datetime
    updated: datetime
    edited: bool = False
    kind: Literal["comment", "review-approved"] = "comment"
    revision: str | None = None
