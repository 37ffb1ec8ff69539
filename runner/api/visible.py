"""Lists of which a caller may see only a part, and that no single query can limit."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from runner.api.caller import Caller

T = TypeVar("T")
PAGE = 500


def visible(
    caller: Caller,
    fetch: Callable[[int | None, int], Sequence[T]],
    place: Callable[[T], int],
    stack_of: Callable[[T], str | None],
    begin: int | None,
    limit: int,
) -> list[T]:
    """As many rows as asked for, if there are so many. `fetch` gives those behind a place, in their order.

    What concerns no stack is for those who see everything.
    """
    if caller.access.unlimited:
        return list(fetch(begin, limit))
    return list(islice(_all(caller, fetch, place, stack_of, begin), limit))


def _all(
    caller: Caller,
    fetch: Callable[[int | None, int], Sequence[T]],
    place: Callable[[T], int],
    stack_of: Callable[[T], str | None],
    at: int | None,
) -> Iterator[T]:
    while page := fetch(at, PAGE):
        for one in page:
            stack = stack_of(one)
            if stack is not None and caller.access.sees(stack):
                yield one
        at = place(page[-1])
