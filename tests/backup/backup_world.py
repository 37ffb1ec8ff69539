"""An installation that is backed up, lost and put back."""

import shutil
from pathlib import Path

from cli_world import World

SECRET = "hunter2-in-a-state"


class Installation:
    def __init__(self, root: Path, more: str = "") -> None:
        self.world = World(root, more=more)
        self.world.cloud.write_text(SECRET)
        self.data = root / "data"
        self.file, self.keys = root / "safe.backup", root / "keys.json"

    def back_up(self) -> str:
        return self.world.run("backup", str(self.file), "--keys", str(self.keys)).output

    def lose(self) -> None:
        """This process has seen the folder, and would not make it again: one that is empty is as good."""
        shutil.rmtree(self.data)
        self.data.mkdir(mode=0o700)

    def restore(self, expect: int = 0) -> str:
        return self.world.run("restore", str(self.file), "--keys", str(self.keys), expect=expect).output

    def plan(self, stack: str) -> str:
        return str(self.world.json("plan", stack)[0]["state"])

    @property
    def left(self) -> list[str]:
        return sorted(path.name for path in self.data.iterdir())
