"""What only the apply does, as text: where it works, what its provisioners run, which actions it invokes."""

from collections.abc import Iterator, Mapping, Sequence

from runner.model.changes.attribute_text import Line, attribute_lines
from runner.model.changes.changes import (
    MASK,
    UNKNOWN,
    ApplyOnly,
    Evaluated,
    Invocation,
    Place,
    Provisioner,
    Reading,
    Setting,
)
from runner.model.changes.line_changes import TALLEST
from runner.model.changes.value_text import shortened, value_text
from runner.model.evaluated.code import Part
from runner.model.values.text import safe_text

MAX_SHOWN = 20
_IF_IT_FAILS = {
    "continue": "and the apply continues if it fails",
    "taint": "and its resource is tainted if it fails",
}
_WRITE_ONLY = "write-only"
_CALLED = {"role_arn": "role", "assume_role.role_arn": "role", "allowed_account_ids": "account"}


def applied_lines(changes: ApplyOnly, *, full: bool = False) -> Iterator[Line]:
    """Nothing for a plan that only changes resources."""
    yield from _heading("Where", len(changes.places))
    yield from (Line(_place(place, full=full), loud=True) for place in changes.places)
    readings = {reading.name: reading for reading in changes.readings}
    yield from _provisioners(changes, readings, full=full)
    yield from _write_only(changes, readings, full=full)
    invoked = [one for one in changes.actions if not one.deferred]
    put_off = [one for one in changes.actions if one.deferred]
    yield from _heading("Invokes", len(invoked))
    for invocation in invoked:
        yield from _invocation(invocation, full=full)
    yield from _heading("Puts off", len(put_off))
    for invocation in put_off:
        yield from _invocation(invocation, full=full)


def _heading(title: str, count: int) -> Iterator[Line]:
    if count:
        yield Line(f"{title} ({count}):", loud=True)


# Places


def _place(place: Place, *, full: bool) -> str:
    settings = ", ".join(_setting(setting, full=full) for setting in place.settings)
    return safe_text(f"    {place.provider}: {settings}")


def _setting(setting: Setting, *, full: bool) -> str:
    name = _CALLED.get(setting.name, setting.name)
    if setting.code:
        code = shortened(setting.code, "", full=full)[0]
        return f"{name} = {code}{f' with {setting.origin}' if setting.origin else ''}"
    shown = setting.value if isinstance(setting.value, str) else value_text(setting.value)
    text = shortened(shown, "", full=full)[0]
    named = text if name == "region" else f"{name} {text}"
    return f"{named} ({setting.origin})" if setting.origin else named


# Provisioners


def _provisioners(changes: ApplyOnly, readings: Mapping[str, Reading], *, full: bool) -> Iterator[Line]:
    yield from _heading("Runs provisioners", len(changes.provisioners))
    commands: dict[str, list[Provisioner]] = {}
    for command in changes.commands:
        commands.setdefault(command.address, []).append(command)
    evaluated: dict[str, list[Evaluated]] = {}
    for one in changes.evaluated:
        if one.kind == Part.PROVISIONER:
            evaluated.setdefault(one.subject, []).append(one)
    shown = changes.provisioners if full else changes.provisioners[:MAX_SHOWN]
    for address in shown:
        yield Line(safe_text(f"  ! {address}"), loud=True)
        for command in commands.get(address, ()):
            yield from _command(command, full=full)
        yield from _reads(evaluated.get(address, ()), readings, full=full)
    if len(changes.provisioners) > len(shown):
        left = len(changes.provisioners) - len(shown)
        yield Line(f"    and {left} more; show them with --full", loud=True)


def _command(command: Provisioner, *, full: bool) -> Iterator[Line]:
    when = " when it is destroyed" if command.at_destroy else ""
    yield Line(safe_text(f"      {command.name}{when}"))
    for name, code in command.arguments:
        first, *more = code.split("\n")
        yield Line(f"        {safe_text(name)} = {_cut(first, full=full)}")
        for line in more if full else more[:TALLEST]:
            yield Line(f"          {_cut(line, full=full)}")
        if len(more) > TALLEST and not full:
            yield Line(f"          … ({len(more) - TALLEST:,} more lines)")


def _reads(evaluated: Sequence[Evaluated], readings: Mapping[str, Reading], *, full: bool) -> Iterator[Line]:
    """The values that the lines above are made of, without duplicates."""
    names = dict.fromkeys(name for one in evaluated for name in one.reads)
    for name in names:
        yield Line(safe_text(f"        {name}: {_value(readings[name], full=full)}"))


def _value(reading: Reading, *, full: bool) -> str:
    if reading.sensitive:
        return MASK
    return UNKNOWN if reading.unknown else shortened(value_text(reading.value), "", full=full)[0]


def _cut(text: str, *, full: bool) -> str:
    return shortened(safe_text(text), "", full=full)[0]


# Write-only arguments


def _write_only(changes: ApplyOnly, readings: Mapping[str, Reading], *, full: bool) -> Iterator[Line]:
    """The plan does not store them, so all it shows is what they are made of."""
    set_ones = [one for one in changes.evaluated if one.kind == _WRITE_ONLY]
    yield from _heading("Sets write-only arguments", len(set_ones))
    for one in set_ones if full else set_ones[:MAX_SHOWN]:
        yield Line(safe_text(f"  ! {one.argument} of {one.subject}"), loud=True)
        yield from _reads([one], readings, full=full)
    if len(set_ones) > MAX_SHOWN and not full:
        yield Line(f"    and {len(set_ones) - MAX_SHOWN} more; show them with --full", loud=True)


# Actions


def _invocation(invocation: Invocation, *, full: bool) -> Iterator[Line]:
    words = [f"  ! {invocation.address} {invocation.trigger}"]
    if invocation.on_failure in _IF_IT_FAILS:
        words.append(_IF_IT_FAILS[invocation.on_failure])
    if invocation.deferred:
        words.append(f"deferred to a later plan: {invocation.deferred.replace('_', ' ')}")
    yield Line(safe_text(", ".join(words)), loud=True)
    yield from attribute_lines(invocation.configuration, full=full)
