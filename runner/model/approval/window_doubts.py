"""Windows that hardly are what was meant: that never open, or are over."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from runner.model.approval.rule_reach import SHOWN
from runner.model.approval.terms import Declaration, windows_of
from runner.model.settings.windows import WindowRule, WindowRules
from runner.model.window.closed import Reaching
from runner.model.window.opening import next_opening, window


def doubtful_windows(
    rules: Sequence[WindowRule], stacks: Mapping[str, Sequence[Declaration]], now: datetime
) -> Iterator[str]:
    """Sentences for the operator. `stacks` are those in Git, each with all declarations that count."""
    for number, rule in enumerate(rules, 1):
        name = f"rule {number} of windows"
        for freeze in window(rule.allow, rule.freeze).freeze:
            if freeze.end <= now:
                yield f"{name}: freeze {freeze.text} is over"
    yield from _never_open(rules, stacks, now)


def _never_open(
    rules: Sequence[WindowRule], stacks: Mapping[str, Sequence[Declaration]], now: datetime
) -> Iterator[str]:
    """Stacks with the same windows in one sentence."""
    found = WindowRules(rules)
    alike: dict[tuple[Reaching, ...], list[str]] = {}
    for name, declared in stacks.items():
        if reaching := windows_of(found, declared):
            alike.setdefault(reaching, []).append(name)
    for reaching, names in alike.items():
        if next_opening([one.window for one in reaching], now) is None:
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            origins = " and ".join(map(str, reaching))
            never = "never opens" if len(reaching) == 1 else "never open together"
            yield f"applies of {', '.join(names[:SHOWN])}{more} never start: {origins} {never} within a year"
