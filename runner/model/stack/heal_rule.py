"""One rule of self-healing: which drift is undone without a person, left alone, or asked about."""

from typing import Literal

from runner.model.values.frozen import dataclass

Do = Literal["heal", "ignore", "ask"]
HealAction = Literal["create", "update", "delete", "replace"]
Reaction = Literal["report", "propose", "reconcile"]


@dataclass(frozen=True)
class AtMost:
    """`changes` limits the resources of one plan that the rule lets pass, `per_day` the heals of one stack."""

    changes: int | None = None
    per_day: int | None = None


UNLIMITED = AtMost()


@dataclass(frozen=True)
class HealRule:
    """An omitted key matches everything; all given keys have to match.

    A rule with `attributes` matches updates only. Without `actions`, `heal` matches creates and updates, and
    any other rule all actions.
    """

    do: Do
    types: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    actions: tuple[HealAction, ...] = ()
    at_most: AtMost = UNLIMITED
    reason: str = ""

    @property
    def reaches(self) -> tuple[HealAction, ...]:
        """The actions that it matches."""
        said = self.actions or (("create", "update") if self.do == "heal" else ALL_ACTIONS)
        return tuple(one for one in said if one == "update" or not self.attributes)


ALL_ACTIONS: tuple[HealAction, ...] = ("create", "update", "delete", "replace")
