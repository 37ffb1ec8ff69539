"""An answer that is a file rather than a document."""

from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Content:
    """Sent as it is, to be saved under its name."""

    name: str
    data: bytes
