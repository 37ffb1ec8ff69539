"""What the expressions of one stack may cost: a commit writes them."""

from runner.model.constant.expression import Refused, Value

LONGEST = 8192  # characters of a text; a source or a key is far shorter
MOST_ITEMS = 1000
DEEPEST = 30  # references to references
STEPS = 100_000


class Budget:
    def __init__(self, steps: int = STEPS) -> None:
        self._left = steps

    def spend(self, size: int = 1) -> None:
        self._left -= size
        if self._left < 0:
            raise Refused("evaluating it takes too long")

    def text(self, length: int) -> None:
        """Before a text of this length is made."""
        if length > LONGEST:
            raise Refused(f"it makes a text of more than {LONGEST:,} characters")
        self.spend(1 + length // 8)

    def items(self, value: Value) -> Value:
        """A list or a map, if it is small enough."""
        if len(value) > MOST_ITEMS:
            raise Refused(f"it makes a list or a map with more than {MOST_ITEMS:,} elements")
        self.spend(1 + len(value))
        return value
