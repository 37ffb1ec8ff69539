"""What a state says of itself, without its resources."""

import json

from runner.model.approval.arriving_state import StateSummary, Unreadable, summary_of
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Header:
    lineage: str
    serial: int
    resources: int | None
    engine_version: str


def header_of(content: bytes) -> Header:
    """Unreadable if it is no state. One that OpenTofu encrypted still shows its lineage and its serial."""
    try:
        return of_summary(summary_of(content))
    except Unreadable:
        if (encrypted := _encrypted(content)) is not None:
            return encrypted
        raise


def of_summary(found: StateSummary) -> Header:
    return Header(found.lineage, found.serial, found.resources, found.engine_version)


def _encrypted(content: bytes) -> Header | None:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None
    match document:
        case {"encrypted_data": str(), "lineage": str(lineage), "serial": int(serial)}:
            return Header(lineage, serial, None, "")
        case _:
            return None


def with_serial(content: bytes, serial: int) -> bytes:
    """The same state under another serial, byte for byte otherwise: numbers that Python would round stay as they are."""
    text = content.decode()
    wanted = {**_exact(text), "serial": str(serial)}
    place = text.find('"serial"')
    while place >= 0:
        colon = text.find(":", place)
        start = colon + 1 + len(text[colon + 1 :]) - len(text[colon + 1 :].lstrip())
        end = start
        while end < len(text) and text[end].isdigit():
            end += 1
        changed = f"{text[:start]}{serial}{text[end:]}"
        if end > start and _same(changed, wanted):
            return changed.encode()
        place = text.find('"serial"', place + 1)
    raise Unreadable("it has no serial")


def _exact(text: str) -> dict[str, object]:
    """With its numbers as they are written."""
    found: dict[str, object] = json.loads(text, parse_int=str, parse_float=str)
    return found


def _same(text: str, wanted: dict[str, object]) -> bool:
    try:
        return _exact(text) == wanted
    except ValueError:
        return False
