"""Why a stack is refused."""

from runner.model.code.located import Located
from runner.model.code.scan import Refusal
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Complaint:
    """Why a stack is refused, and the place that shows it: in its code, or an entry of `depends_on` in its file."""

    stack: Located
    text: str
    code: Refusal | None = None
    dependency: str = ""

    @property
    def sentence(self) -> str:
        """The text with the stack's name."""
        return f'stack "{self.stack.definition.name}": {self.text}'
