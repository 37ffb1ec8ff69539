"""What only an apply does: where it works, what its provisioners run, which actions it invokes."""

from collections.abc import Iterable, Mapping
from typing import Any

from runner.model.changes.changes import ApplyOnly, Evaluated, Invocation, Place, Provisioner, Reading
from runner.model.evaluated.code import Part
from runner.model.values.frozen import dataclass
from runner.view.attribute import AttributeRow, attribute_change, attribute_row


@dataclass(frozen=True)
class ActionRow:
    """An action that is invoked; `deferred` says why it is put off to a later plan instead."""

    address: str
    type: str
    provider: str
    trigger: str
    on_failure: str
    deferred: str
    configuration: tuple[AttributeRow, ...]


@dataclass(frozen=True)
class ReadingRow:
    """A value that is read, as planned."""

    name: str
    value: Any
    sensitive: bool
    unknown: bool


@dataclass(frozen=True)
class EvaluatedRow:
    """An argument that only the apply evaluates, with the values that it reads."""

    kind: str
    subject: str
    name: str
    argument: str
    code: str
    reads: tuple[ReadingRow, ...]


@dataclass(frozen=True)
class CommandRow:
    """What the code says of a command that runs with a resource."""

    address: str
    name: str
    at_destroy: bool
    removed: bool
    arguments: dict[str, str]


@dataclass(frozen=True)
class ApplyOnlyView:
    """`provisioners` are the addresses whose create or destroy runs one."""

    provisioners: tuple[str, ...]
    actions: tuple[ActionRow, ...]
    where: tuple[Place, ...]
    evaluated: tuple[EvaluatedRow, ...]
    commands: tuple[CommandRow, ...]


def apply_only_view(of: ApplyOnly) -> ApplyOnlyView:
    readings = {reading.name: reading for reading in of.readings}
    return ApplyOnlyView(
        provisioners=of.provisioners,
        actions=tuple(map(_action, of.actions)),
        where=of.places,
        evaluated=tuple(_evaluated(one, readings) for one in of.evaluated if one.kind != Part.ACTION),
        commands=tuple(map(_command, of.commands)),
    )


def _action(of: Invocation) -> ActionRow:
    return ActionRow(**vars(of) | {"configuration": tuple(map(attribute_row, of.configuration))})


def _evaluated(of: Evaluated, readings: Mapping[str, Reading]) -> EvaluatedRow:
    return EvaluatedRow(
        kind=of.kind,
        subject=of.subject,
        name=of.name,
        argument=of.argument,
        code=of.code,
        reads=tuple(_reading(readings[name]) for name in of.reads),
    )


def _reading(of: Reading) -> ReadingRow:
    return ReadingRow(name=of.name, value=of.value, sensitive=of.sensitive, unknown=of.unknown)


def _command(of: Provisioner) -> CommandRow:
    return CommandRow(
        address=of.address,
        name=of.name,
        at_destroy=of.at_destroy,
        removed=of.removed,
        arguments=dict(of.arguments),
    )


# And back, for the text of a plan


def apply_only(of: ApplyOnlyView) -> ApplyOnly:
    return ApplyOnly(
        provisioners=of.provisioners,
        actions=tuple(map(_invocation, of.actions)),
        places=of.where,
        commands=tuple(map(_provisioner, of.commands)),
        evaluated=tuple(map(_argument, of.evaluated)),
        readings=tuple(_each_once(of.evaluated)),
    )


def _invocation(row: ActionRow) -> Invocation:
    return Invocation(**vars(row) | {"configuration": tuple(map(attribute_change, row.configuration))})


def _provisioner(row: CommandRow) -> Provisioner:
    return Provisioner(
        address=row.address,
        name=row.name,
        arguments=tuple(row.arguments.items()),
        at_destroy=row.at_destroy,
        removed=row.removed,
    )


def _argument(row: EvaluatedRow) -> Evaluated:
    return Evaluated(
        kind=row.kind,
        subject=row.subject,
        argument=row.argument,
        name=row.name,
        code=row.code,
        reads=tuple(reading.name for reading in row.reads),
    )


def _each_once(evaluated: Iterable[EvaluatedRow]) -> Iterable[Reading]:
    found = {reading.name: reading for row in evaluated for reading in row.reads}
    return (Reading(row.name, row.value, row.sensitive, row.unknown) for row in found.values())
