"""What an engine said in one scenario: its code, and the output and exit code of each command, in a txtar file."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
_SECTION = re.compile(r"^-- (\S+) --\n", re.MULTILINE)
_CODE = "code/"


class Recording(NamedTuple):
    """`engine` is its name in `engines:`, terraform or tofu."""

    engine: str
    version: str
    scenario: str
    sections: dict[str, str]

    def __str__(self) -> str:
        return f"{self.engine}-{self.version}-{self.scenario}"

    @property
    def code(self) -> dict[str, str]:
        """The files of the root module."""
        return {
            name.removeprefix(_CODE): text for name, text in self.sections.items() if name.startswith(_CODE)
        }

    def exit_code(self, command: str) -> int | None:
        """None if the command was not run."""
        code: int | None = json.loads(self.sections["exit.json"]).get(command)
        return code

    def said(self, command: str) -> str:
        return self.sections.get(f"{command}.jsonl", "")

    def stderr(self, command: str) -> str:
        return self.sections.get(f"{command}.stderr", "")

    def messages(self, command: str) -> list[dict[str, Any]]:
        """What it said with `-json`."""
        return [json.loads(line) for line in self.said(command).splitlines() if line.startswith("{")]

    @property
    def document(self) -> bytes | None:
        """What `show -json` printed of the plan, if there was one."""
        shown = self.sections.get("show.json")
        return None if shown is None else shown.encode()

    @property
    def changes(self) -> bool:
        """Whether the plan changes anything."""
        document = json.loads(self.document or b"{}")
        resources = [one["change"] for one in document.get("resource_changes", ())]
        changes = [*resources, *document.get("output_changes", {}).values()]
        return any(change["actions"] != ["no-op"] or change.get("importing") for change in changes)

    @property
    def unfinished(self) -> set[str]:
        """The resources of which the apply told that it begins, and not how it ended."""
        told: dict[str, set[str]] = {"apply_start": set(), "apply_complete": set(), "apply_errored": set()}
        for message in self.messages("apply"):
            if message.get("type") in told:
                told[message["type"]].add(message["hook"]["resource"]["addr"])
        return told["apply_start"] - told["apply_complete"] - told["apply_errored"]


def read(path: Path) -> Recording:
    engine, _, version = path.parent.name.partition("-")
    _, *sections = _SECTION.split(path.read_text())
    return Recording(engine, version, path.stem, dict(zip(sections[::2], sections[1::2], strict=True)))


def recorded(engine: str, version: str, scenario: str) -> Recording:
    return read(HERE / f"{engine}-{version}" / f"{scenario}.txtar")


def recordings(scenario: str = "*", engine: str = "*") -> list[Recording]:
    """`engine` is such as `terraform-1.15.9`."""
    return [read(path) for path in sorted(HERE.glob(f"{engine}/{scenario}.txtar"))]
