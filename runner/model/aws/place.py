"""Where in AWS something is asked."""

from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Place:
    """A region of an account. Global services, such as IAM, are asked in any region of their partition."""

    account: str
    region: str

    def __str__(self) -> str:
        return f"account {self.account}, {self.region}"
