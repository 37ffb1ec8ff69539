"""The contexts that reach a stack, by the names that they set."""

from collections.abc import Iterable, Iterator

from runner.model.settings.context import PHASES, Context, gifts, gifts_of, reaching
from runner.model.stack.definition import StackDefinition
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class ContextRow:
    """A context that reaches the stack, and what it sets; a later one may set the same again."""

    name: str
    variables: tuple[str, ...]
    environment: tuple[str, ...]
    files: tuple[str, ...]
    phases: tuple[str, ...]
    overridden: tuple[str, ...]  # by a later context
    roles: tuple[str, ...] = ()  # such as `aws.plan_role` and `engine_version`, where the stack file has none

    @property
    def sentence(self) -> str:
        """Such as `prod-db sets PGPASSWORD (apply only)`."""
        names = ", ".join((*self.variables, *self.environment, *self.files, *self.roles))
        only = f" ({self.phases[0]} only)" if len(self.phases) == 1 else ""
        lost = f"; a later context sets {', '.join(self.overridden)}" if self.overridden else ""
        return f"{self.name} sets {names}{only}{lost}"


ContextRows = tuple[ContextRow, ...]


def context_rows(contexts: Iterable[Context], definition: StackDefinition, source: str) -> ContextRows:
    """The contexts that reach the stack, and what they set for it."""
    found = reaching(contexts, definition, source)
    winners = {phase: gifts(found, phase) for phase in PHASES}
    return tuple(
        ContextRow(
            name=one.name,
            variables=tuple(one.vars),
            environment=tuple(one.env),
            files=tuple(one.files),
            phases=one.for_,
            overridden=tuple(
                gift.name
                for gift in gifts_of(one)
                if all(winners[phase][gift.variable] != gift for phase in one.for_)
            ),
            roles=tuple(_roles(one, definition)),
        )
        for one in found
    )


def _roles(of: Context, definition: StackDefinition) -> Iterator[str]:
    for key, value in vars(of.aws).items():
        if value is not None and getattr(definition.aws, key) is None:
            yield f"aws.{key}"
    if of.engine_version is not None and definition.engine_version is None:
        yield "engine_version"
