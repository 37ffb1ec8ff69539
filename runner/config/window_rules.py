"""What a valid window must satisfy, in the server's configuration and in stack files alike."""

from collections.abc import Callable, Iterator

from runner.config.check import Complaint
from runner.config.ignore_rule import single_line
from runner.config.match import match_complaints
from runner.config.place import KeyPath
from runner.model.settings.server import Settings
from runner.model.settings.windows import WindowRule
from runner.model.stack.definition import StackDefinition, StackWindow
from runner.model.window.grammar import Unreadable, allowed, frozen

# A decision looks at all of them, and a stack file is foreign.
_MOST_WINDOWS = 3
_MOST_ALLOWED = 7  # one a day
_MOST_FREEZES = 30


def server_windows(settings: Settings) -> Iterator[Complaint]:
    sources = tuple(source.name for source in settings.sources)
    for index, rule in enumerate(settings.windows):
        yield from match_complaints(("windows", index, "match"), rule.match, sources)
        yield from _window(("windows", index), rule)


def stack_windows(stack: StackDefinition) -> Iterator[Complaint]:
    if len(stack.windows) > _MOST_WINDOWS:
        yield Complaint(("windows",), f"expected at most {_MOST_WINDOWS} windows", got=False)
    for index, window in enumerate(stack.windows[:_MOST_WINDOWS]):
        yield from _window(("windows", index), window)


def _window(here: KeyPath, window: WindowRule | StackWindow) -> Iterator[Complaint]:
    if not (window.allow or window.freeze):
        yield Complaint(here, "closes nothing; add allow or freeze", got=False)
    yield from _times((*here, "allow"), window.allow, allowed, _MOST_ALLOWED)
    yield from _times((*here, "freeze"), window.freeze, frozen, _MOST_FREEZES)
    if window.reason:
        yield from single_line((*here, "reason"), window.reason, "a text")


def _times(
    here: KeyPath, texts: tuple[str, ...], read: Callable[[str], object], most: int
) -> Iterator[Complaint]:
    if len(texts) > most:
        yield Complaint(here, f"expected at most {most} entries", got=False)
    for index, text in enumerate(texts[:most]):
        try:
            read(text)
        except Unreadable as flaw:
            message = f"{flaw.message}, at column {flaw.column} of the text"
            yield Complaint((*here, index), message, flaw.hint, got=False)
