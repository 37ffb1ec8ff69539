"""Commands in comments of pull requests: each comment acts at most once, and gets an answer."""

from collections.abc import Callable, Iterable

from runner.errors import DriftlineError
from runner.model.forge.command import Command, command_of, first_line
from runner.model.forge.request import RequestComment
from runner.model.values.frozen import dataclass
from runner.ports.records.store import Store

Perform = Callable[[str, RequestComment, Command], str]  # the source's name first; returns what came of it


@dataclass(frozen=True)
class Commands:
    """`perform` does what somebody may ask for, and raises DriftlineError where they may not."""

    store: Store
    perform: Perform

    def take(self, source: str, comments: Iterable[RequestComment]) -> None:
        for comment in comments:
            self._take(source, comment)

    def _take(self, source: str, comment: RequestComment) -> None:
        """An edited text never acts: whoever may edit the comments of others could speak for them."""
        command = command_of(comment.body)
        if command is None or comment.edited:
            return
        with self.store.reading() as reader:
            if reader.comment_taken(source, comment):
                return
        line = first_line(comment.body)
        try:
            # In the transaction of what it changes: a crash leaves both, or neither.
            with self.store.alongside(lambda writer: writer.take_comment(source, comment, line)):
                outcome, hint = self.perform(source, comment, command), ""
        except DriftlineError as error:
            outcome, hint = f"refused: {error.message}", error.hint
        with self.store.writing() as writer:
            writer.take_comment(source, comment, line)
            writer.answer_comment(source, comment, outcome, hint)
