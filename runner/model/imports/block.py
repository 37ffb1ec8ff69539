"""`import` blocks, and the names that imported resources get."""

import json
import re
from collections.abc import Collection, Iterable

from runner.model.inventory.listing import KeptResource
from runner.model.values.frozen import dataclass

_NO_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST = 64


@dataclass(frozen=True)
class Import:
    """What a resource is called in the code, and what it is imported by."""

    type: str
    name: str
    id: str

    @property
    def address(self) -> str:
        return f"{self.type}.{self.name}"

    def __str__(self) -> str:
        return f"import {{\n  to = {self.address}\n  id = {quoted(self.id)}\n}}\n"


def imports_of(resources: Iterable[KeptResource], taken: Collection[str]) -> tuple[Import, ...]:
    """With addresses that the module does not have yet."""
    found: list[Import] = []
    used = set(taken)
    for one in resources:
        made = Import(one.type, _free(one.type, _word(one.name), used), one.import_id)
        used.add(made.address)
        found.append(made)
    return tuple(found)


def quoted(text: str) -> str:
    """A string of HCL, in which nothing is a template."""
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def _word(name: str) -> str:
    """Of the last part of a path or a URL, without what a name cannot have."""
    last = [part for part in re.split(r"[/:]", name) if part][-1:]
    word = _NO_NAME.sub("_", last[0] if last else "").strip("_-")[:_LONGEST]
    return word if re.match(r"[A-Za-z_]", word) else f"r_{word}".rstrip("_")


def _free(kind: str, word: str, used: Collection[str]) -> str:
    number, name = 1, word
    while f"{kind}.{name}" in used:
        number += 1
        name = f"{word}_{number}"
    return name
