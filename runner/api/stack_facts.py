"""What the records say of every stack: worked out once for the same records and second, whichever page asks."""

import threading
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from runner.api.caller import Caller
from runner.ports.records.store import Reader, Store
from runner.view.facts import StackFacts, all_stacks, one_stack

_MOST = 4  # such as those of two people with different roles, in two seconds
_KEPT: WeakKeyDictionary[Store, dict[Hashable, Sequence[StackFacts]]] = WeakKeyDictionary()
_GUARD = threading.Lock()


@contextmanager
def reading_stacks(caller: Caller, shortage: str | None) -> Iterator[tuple[Reader, Sequence[StackFacts]]]:
    """The records, and what they say of every stack that the caller sees."""
    app = caller.app
    with _reading(caller, shortage) as (reader, question):
        found = _known(caller, question)
        if found is None:
            found = tuple(all_stacks(reader, app.settings, app.clock, shortage))
            _keep(caller, question, found)
        yield reader, found


@contextmanager
def reading_stack(caller: Caller, shortage: str | None, name: str) -> Iterator[tuple[Reader, StackFacts]]:
    """The records, and what they say of this stack; StackNotFound."""
    app = caller.app
    with _reading(caller, shortage) as (reader, question):
        known = _known(caller, question) or ()
        found = next((facts for facts in known if facts.stack.name == name), None)
        yield reader, found or one_stack(reader, app.settings, app.clock, shortage, name)


@contextmanager
def _reading(caller: Caller, shortage: str | None) -> Iterator[tuple[Reader, Hashable | None]]:
    """With the question that the records of this moment answer, or None if somebody wrote while it began."""
    store = caller.app.store
    mark = store.changed_since(None)
    with caller.reading() as reader:
        sure = store.changed_since(None) == mark
        yield reader, (mark, caller.second, caller.sight, shortage) if sure else None


def _known(caller: Caller, question: Hashable | None) -> Sequence[StackFacts] | None:
    with _GUARD:
        return _KEPT.get(caller.app.store, {}).get(question)


def _keep(caller: Caller, question: Hashable | None, found: Sequence[StackFacts]) -> None:
    if question is None:
        return
    with _GUARD:
        kept = _KEPT.setdefault(caller.app.store, {})
        kept[question] = found
        for old in list(kept)[:-_MOST]:
            del kept[old]
