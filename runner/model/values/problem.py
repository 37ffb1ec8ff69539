"""A problem in a file that a person wrote, with its location."""

from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Problem:
    """`stack` is set if the problem concerns one document whose name could be read.

    `stack_file` is the file of that document if the problem itself is in the code.
    """

    file: str
    line: int
    column: int
    message: str
    stack: str | None = None
    stack_file: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"
