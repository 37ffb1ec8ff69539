"""A folder as it was once, for test after test: at the same place, since the records and lock files in it have paths."""

import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PutBack:
    place: Path
    copy: Path

    @classmethod
    def kept(cls, place: Path, copy: Path | None = None) -> "PutBack":
        """As it is now; nothing may be in it any more."""
        copy = copy or place.with_name(f"{place.name}.copy")
        shutil.copytree(place, copy, symlinks=True)
        return cls(place, copy)

    def again(self) -> Path:
        if self.place.exists():
            shutil.rmtree(self.place)
        shutil.copytree(self.copy, self.place, symlinks=True)
        return self.place
