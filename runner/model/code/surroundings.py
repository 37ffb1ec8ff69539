"""What reaches the variables of a stack besides its repository: the daemon's environment, contexts and outputs."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import field
from fnmatch import fnmatchcase
from functools import cached_property

from runner.model.constant.given import Hidden
from runner.model.settings.context import PHASES, Context, Gift, gifts, reaching
from runner.model.stack.definition import VARIABLE, StackDefinition
from runner.model.values.frozen import dataclass

_ROUNDS = 200_000  # a value that only the daemon knows must not be found out from a digest


@dataclass(frozen=True)
class Surroundings:
    """`passed` are the globs of `engines.env`, `daemon` the variables that they match; None where it is not known."""

    contexts: tuple[Context, ...] = ()
    passed: tuple[str, ...] = ()
    daemon: Mapping[str, str] | None = field(default=None, repr=False)

    def environment(
        self, names: Iterable[str], definition: StackDefinition, source: str
    ) -> dict[str, str | Hidden]:
        """The values of these variables in the environment of a run: a text, or why only a run knows it."""
        reached = reaching(self.contexts, definition, source)
        by_phase = [gifts(reached, phase) for phase in PHASES]
        outputs = {one.variable: str(one) for one in definition.takes}
        found = ((name, self._one(name, definition, by_phase, outputs)) for name in names)
        return {name: value for name, value in found if value is not None}

    def _one(
        self,
        name: str,
        definition: StackDefinition,
        by_phase: list[dict[str, Gift]],
        outputs: Mapping[str, str],
    ) -> str | Hidden | None:
        """In the order in which a run gets them: contexts, outputs, the stack's own, the daemon's."""
        variable = f"{VARIABLE}{name}"
        given = [phase.get(variable) for phase in by_phase]
        first = next((gift for gift in given if gift is not None), None)
        if first is not None:
            return _of_context(first, given)
        if name in outputs:
            return Hidden(f"it is {outputs[name]}, which only a run knows")
        return definition.env[variable] if variable in definition.env else self._of_daemon(variable)

    def _of_daemon(self, variable: str) -> str | Hidden | None:
        if self.daemon is not None:
            return self.daemon.get(variable)
        if any(fnmatchcase(variable, pattern) for pattern in self.passed):
            return Hidden("the daemon's environment may set it (engines.env), which is not known here")
        return None

    @cached_property
    def digest(self) -> str:
        """Of the daemon's values; empty if there are none."""
        given = sorted(
            (name, value) for name, value in (self.daemon or {}).items() if name.startswith(VARIABLE)
        )
        if not given:
            return ""
        return hashlib.pbkdf2_hmac("sha256", repr(given).encode(), b"driftline-surroundings", _ROUNDS).hex()


def _of_context(first: Gift, given: list[Gift | None]) -> str | Hidden:
    if any(gift is None or gift.text != first.text for gift in given):
        return Hidden(f'context "{first.context}" sets it for one of plan and apply only')
    return Hidden(f'it is a secret of context "{first.context}"') if first.secret else first.text


UNKNOWN = Surroundings(passed=("*",))
