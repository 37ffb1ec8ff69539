"""The corpus: code, what drifted in it, and the patch that accepts it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from runner.engine.modules.accepting import accepted
from runner.model.accept.patch import patch
from runner.model.accept.proposal import Drifted
from runner.model.accept.stack_code import Accepted, StackCode

CASES = Path(__file__).parent / "cases"
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Case:
    theme: str
    raw: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.raw["case"])

    @property
    def files(self) -> dict[str, bytes]:
        found = {path: text.encode() for path, text in self.raw["files"].items()}
        if self.raw.get("crlf"):
            found = {path: content.replace(b"\n", b"\r\n") for path, content in found.items()}
        return {path: BOM + content for path, content in found.items()} if self.raw.get("bom") else found

    @property
    def stack(self) -> StackCode:
        return self.of(self.files)

    def of(self, files: dict[str, bytes]) -> StackCode:
        def folder(name: str) -> dict[str, bytes]:
            inside = {path.rpartition("/") for path in files}
            return {base: files[f"{at}{slash}{base}"] for at, slash, base in inside if at == name}

        return StackCode(
            name="web",
            root=self.raw.get("root", ""),
            folder=folder,
            file=("stack.yaml", files.get("stack.yaml", b"name: web\n")),
            var_files=tuple((path, files[path]) for path in self.raw.get("var_files", ())),
            hidden=lambda _: self.raw.get("hidden", {}),
        )

    @property
    def drifted(self) -> list[Drifted]:
        return [
            Drifted(address, one["cloud"], one["code"], None, frozenset(one["code"]))
            for address, one in self.raw["drift"].items()
        ]

    def accept(self) -> Accepted:
        return accepted(self.stack, self.drifted, removed_blocks=True)

    def outcome(self) -> dict[str, Any]:
        """As the files of the corpus hold it."""
        found = self.accept()
        made = patch(found.edited).decode()
        outcome: dict[str, Any] = {}
        if made:
            outcome["patch"] = made
        if found.undecided:
            outcome["undecided"] = list(found.undecided)
        return outcome


def cases() -> Iterator[Case]:
    for file in sorted(CASES.glob("*.yaml")):
        for raw in yaml.safe_load(file.read_text()):
            yield Case(file.stem, raw)
