"""The stages of all scenarios, each put up as often as it is wanted."""

import shutil
from pathlib import Path

from put_back import PutBack
from scenarios import SCENARIOS
from stage import Stage


class Stages:
    """Each scenario's stage is built once and put up again from a copy, always at the same place."""

    def __init__(self, root: Path) -> None:
        self.root = root / "stage"
        self._copies = root / "copies"
        self._kept: dict[str, PutBack] = {}

    def put_up(self, name: str) -> Stage:
        if name not in self._kept:
            self._build(name)
            self._kept[name] = PutBack.kept(self.root, self._copies / name)
        return Stage(self._kept[name].again())

    def _build(self, name: str) -> None:
        scenario = SCENARIOS[name]
        if scenario.after:
            self.put_up(scenario.after)
        else:
            self._clear()
            Stage.made(self.root)
        scenario.before(self.root)
        (self.root / "noted").unlink(missing_ok=True)

    def _clear(self) -> None:
        if self.root.exists():
            shutil.rmtree(self.root)
