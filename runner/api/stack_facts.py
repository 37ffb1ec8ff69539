"""What the records say of every stack, whichever page asks: read once until somebody writes, worked out once a second."""

import threading
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary

from runner.api.caller import Caller
from runner.model.values.frozen import dataclass
from runner.view.facts import AllRecords, StackFacts, all_records, all_stacks, one_stack

if TYPE_CHECKING:
    from runner.ports.records.store import Reader, Store

K = TypeVar("K")
T = TypeVar("T")
_MOST = 4  # such as those of two people with different roles, in two seconds


@dataclass
class _Kept:
    """Of one store. Records by the mark that they were read at; threads read one after the other."""

    records: dict[int, AllRecords] = field(default_factory=dict)
    facts: dict[Hashable, Sequence[StackFacts]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Moment:
    """What a reader sees. `mark` is None if somebody wrote while it began: then nothing of it is kept."""

    caller: Caller
    reader: "Reader"
    mark: int | None
    shortage: str | None

    @property
    def question(self) -> Hashable:
        return self.mark, self.caller.second, self.caller.sight, self.shortage


_KEPT: "WeakKeyDictionary[Store, _Kept]" = WeakKeyDictionary()
_GUARD = threading.Lock()


@contextmanager
def reading_records(caller: Caller) -> "Iterator[tuple[Reader, AllRecords]]":
    """The records, and those of all stacks."""
    with _reading(caller, None) as moment:
        yield moment.reader, _records(moment)


@contextmanager
def reading_stacks(caller: Caller, shortage: str | None) -> "Iterator[tuple[Reader, Sequence[StackFacts]]]":
    """The records, and what they say of every stack that the caller sees."""
    app = caller.app
    with _reading(caller, shortage) as moment:
        kept, question = _kept(app.store).facts, moment.question
        found = kept.get(question) if moment.mark is not None else None
        if found is None:
            records = _records(moment)
            found = tuple(all_stacks(moment.reader, app.settings, app.clock, shortage, records))
            if moment.mark is not None:
                _keep(kept, question, found)
        yield moment.reader, found


@contextmanager
def reading_stack(caller: Caller, shortage: str | None, name: str) -> "Iterator[tuple[Reader, StackFacts]]":
    """The records, and what they say of this stack; StackNotFound."""
    app = caller.app
    with _reading(caller, shortage) as moment:
        known = _kept(app.store).facts.get(moment.question, ()) if moment.mark is not None else ()
        found = next((facts for facts in known if facts.stack.name == name), None)
        if found is None:
            records = _records(moment)
            found = one_stack(moment.reader, app.settings, app.clock, shortage, name, records)
        yield moment.reader, found


@contextmanager
def _reading(caller: Caller, shortage: str | None) -> Iterator[_Moment]:
    store = caller.app.store
    mark = store.changed_since(None)
    with caller.reading() as reader:
        sure = store.changed_since(None) == mark
        yield _Moment(caller, reader, mark if sure else None, shortage)


def _records(moment: _Moment) -> AllRecords:
    if moment.mark is None:
        return all_records(moment.reader)
    kept = _kept(moment.caller.app.store).records
    known = kept.get(moment.mark)
    return known if known is not None else _keep(kept, moment.mark, all_records(moment.reader))


def _kept(store: "Store") -> _Kept:
    with _GUARD:
        return _KEPT.setdefault(store, _Kept())


def _keep(among: dict[K, T], question: K, found: T) -> T:
    """Beside the newest others."""
    with _GUARD:
        among[question] = found
        for old in list(among)[:-_MOST]:
            del among[old]
    return found
