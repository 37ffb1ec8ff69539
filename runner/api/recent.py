"""Answers that many ask for at once: worked out once for the same records, within the same second."""

import threading
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from runner.api.caller import Caller

if TYPE_CHECKING:
    from runner.ports.records.store import Store

T = TypeVar("T")
_MOST = 32


class _Answers:
    """Of one store. Who asks for an answer that another is working out waits for it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._busy: dict[Hashable, threading.Lock] = {}
        self._found: dict[Hashable, Any] = {}

    def get(self, question: Hashable, work: Callable[[], T]) -> T:
        with self._guard:
            busy = self._busy.setdefault(question, threading.Lock())
        with busy:
            with self._guard:
                if question in self._found:
                    known: T = self._found[question]
                    return known
            try:
                answer = work()
            except BaseException:
                with self._guard:
                    self._busy.pop(question, None)
                raise
            with self._guard:
                self._found[question] = answer
                self._forget()
            return answer

    def _forget(self) -> None:
        """The oldest first. Nobody asks again for those of a second that is over."""
        for question in list(self._found)[:-_MOST]:
            del self._found[question]
            self._busy.pop(question, None)


_ANSWERS: "WeakKeyDictionary[Store, _Answers]" = WeakKeyDictionary()
_GUARD = threading.Lock()


def recent(caller: Caller, work: Callable[[], T], *facts: Hashable) -> T:
    """What `work` answers, for anybody who sees the same stacks. `facts` are those that are in no record."""
    app = caller.app
    # Before the work: what is written meanwhile makes it another question.
    mark = app.store.changed_since(None)
    with _GUARD:
        answers = _ANSWERS.setdefault(app.store, _Answers())
    return answers.get((work.__qualname__, mark, caller.second, caller.sight, facts), work)
