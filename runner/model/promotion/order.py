"""What is wrong with the order of a promotion, as far as the known stacks show."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import islice, pairwise

from runner.model.code.dependencies import cycles
from runner.model.settings.promotion import Promotion
from runner.model.stack.definition import Stack
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Misplaced:
    """A stage at its place in the settings. `certain` unless a commit that is not known yet may mend it."""

    promotion: int
    stage: int
    message: str
    hint: str = ""
    certain: bool = True


def misplaced(promotions: Sequence[Promotion], stacks: Mapping[str, Stack]) -> Iterator[Misplaced]:
    """Stages that are no stack, that lie in another source, or that wait for each other."""
    for number, promotion in enumerate(promotions):
        yield from _unknown(number, promotion, stacks)
        yield from _elsewhere(number, promotion, stacks)
    yield from _circular(promotions, stacks)


def _unknown(number: int, promotion: Promotion, stacks: Mapping[str, Stack]) -> Iterator[Misplaced]:
    for place, name in enumerate(promotion.order):
        if name not in stacks:
            near = get_close_matches(name, set(stacks) - set(promotion.order), 1)
            hint = f'did you mean "{near[0]}"?' if near else ""
            yield Misplaced(number, place, "no such stack", hint, certain=False)


def _elsewhere(number: int, promotion: Promotion, stacks: Mapping[str, Stack]) -> Iterator[Misplaced]:
    known = [(place, stacks[name]) for place, name in enumerate(promotion.order) if name in stacks]
    for place, stack in known[1:]:
        first = known[0][1]
        if stack.source != first.source:
            message = f"by: revision needs one source, but this stack is in {stack.source} and {first.name} in {first.source}"
            yield Misplaced(number, place, message)


def _circular(promotions: Sequence[Promotion], stacks: Mapping[str, Stack]) -> Iterator[Misplaced]:
    waits = {name: set(stack.definition.dependencies) for name, stack in stacks.items()}
    for promotion in promotions:
        for first, then in pairwise(promotion.order):
            waits.setdefault(then, set()).add(first)
    for cycle in cycles(waits):
        steps = set(pairwise(cycle))
        places = (
            Misplaced(number, place, f"a cycle with depends_on: {' -> '.join(cycle)}")
            for number, promotion in enumerate(promotions)
            for place, (first, then) in enumerate(pairwise(promotion.order), 1)
            if (then, first) in steps
        )
        yield from islice(places, 1)
