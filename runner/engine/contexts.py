"""What contexts give to a run: resolved for it alone, masked in all of its output, and bound by keyed digests."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Self

from runner.engine.passed_in import marked
from runner.engine.secret_parts import parts_of
from runner.errors import ContextUnresolved
from runner.host.files import private_folder, write_whole
from runner.host.reference import Fetch, Unresolved, references_in, replaced, resolve
from runner.model.approval.binding import CONTEXT
from runner.model.settings.context import PHASES, Context, Gift, Sets, gifts, reaching
from runner.model.stack.definition import VARIABLE
from runner.model.values.frozen import dataclass
from runner.ports.engine import Execution

FOLDER = "contexts"  # in the run's control folder, which it can read there and not write


@dataclass(frozen=True)
class FromContexts:
    """`secrets` are files, and the values that references stood for. `marks` are of all phases."""

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    marks: tuple[str, ...] = ()
    variables: frozenset[str] = frozenset()  # that contexts set, in whatever phase
    folder: Path | None = None  # of the files, where there are some

    def over(self, outputs: Mapping[str, str], hidden: Iterable[str]) -> Self:
        """With outputs of other stacks, by environment variable; what contexts set counts, not what a commit asks for."""
        if not outputs:
            return self
        secrets = frozenset(part for text in hidden for part in parts_of(text))
        return replace(self, environment={**outputs, **self.environment}, secrets=self.secrets | secrets)


def variables_of(execution: Execution) -> dict[str, str]:
    """The environment variables of outputs that the execution takes from other stacks."""
    return {f"{VARIABLE}{name}": text for name, text in execution.outputs.items()}


NOTHING = FromContexts()


class Giving:
    """One run's contexts, each value resolved once: what was compared is what is used."""

    def __init__(
        self, contexts: Iterable[Context], execution: Execution, environ: Mapping[str, str], fetch: Fetch
    ) -> None:
        # Not the execution, whose end is what ends this.
        self._stack, self._key = execution.stack.name, execution.key
        self._phase = "apply" if execution.for_apply else "plan"
        self._folder = execution.workspace.control / FOLDER
        self._environ = environ
        self._fetch = fetch
        self._by_phase = {
            phase: gifts(reaching(contexts, execution.stack, execution.source), phase) for phase in PHASES
        }
        self._known: dict[str, str] = {}  # by reference

    def given(self, base: Mapping[str, str], *, place: bool = True) -> FromContexts:
        """ContextUnresolved if one of the values cannot be had. With `place`, files are written.

        What only the apply gets is resolved for the plan as well, and kept from it: an approval is bound to it.
        `base` is the environment without contexts, which counts in the phases in which they do not set a variable.
        """
        both = {gift for given in self._by_phase.values() for gift in given.values()}
        if not both:
            return NOTHING
        own = self._by_phase[self._phase]
        variables = frozenset(gift.variable for gift in both)
        return FromContexts(
            environment={name: self._placed(gift, place=place) for name, gift in own.items()},
            secrets=frozenset(part for gift in both if gift.secret for part in self._parts(gift)),
            marks=tuple(sorted(self._marks(variables, base))),
            variables=variables,
            folder=self._folder if any(gift.kind is Sets.FILE for gift in own.values()) else None,
        )

    def _marks(self, variables: Iterable[str], base: Mapping[str, str]) -> Iterator[str]:
        """Of each variable in each phase: who sets it, as what, and a digest of its value."""
        for name in variables if self._key else ():
            for phase, given in self._by_phase.items():
                gift = given.get(name)
                value = base.get(name, "") if gift is None else self._value(gift)
                who = "no context" if gift is None else f"{gift.context} as {gift.kind}"
                yield f"{CONTEXT}{who} for {phase}: {name} {marked(name, f'{who} {value}', self._key)}"

    def _value(self, gift: Gift) -> str:
        if gift.literal:
            return gift.text
        try:
            return replaced(gift.text, self._once)
        except Unresolved as error:
            raise ContextUnresolved(
                context=gift.context, name=gift.name, stack=self._stack, problem=str(error)
            ) from None

    def _once(self, reference: str) -> str:
        if reference not in self._known:
            self._known[reference] = resolve(reference, self._environ, self._fetch)
        return self._known[reference]

    def _parts(self, gift: Gift) -> Iterator[str]:
        """The value, each secret in it by itself, and the parts of those that are documents."""
        yield from parts_of(self._value(gift))
        for reference in () if gift.literal else references_in(gift.text):
            yield from parts_of(self._once(reference))

    def _placed(self, gift: Gift, *, place: bool) -> str:
        if gift.kind is not Sets.FILE:
            return self._value(gift)
        path = self._folder / gift.name
        if place:
            private_folder(self._folder)
            write_whole(path, self._value(gift).encode(), durable=False)
        return str(path)
