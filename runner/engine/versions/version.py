"""Which engine a program is, and in which version: it is asked once, and again when its file changes."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from runner.engine.versions.exposure import refuse_exposed
from runner.engine.versions.managers import is_shim, manager_of
from runner.engine.versions.record import Known, record_in
from runner.errors import (
    EngineIsOther,
    EngineMissing,
    EngineTooOld,
)
from runner.model.code.engines import ENGINES, EngineRow
from runner.model.engine.constraint import parse


class Versions:
    """Answers by program, on record in the folder: asking costs 40 ms, as much as a small plan."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def locate(self, row: EngineRow, binary: str, path: str) -> Path:
        """The absolute path of the binary, or EngineMissing."""
        found = shutil.which(binary, path=path)
        if found is None:
            raise EngineMissing(engine=row.name, binary=binary)
        return Path(found).absolute()

    def of(self, row: EngineRow, binary: Path, env: Mapping[str, str], key: str = "binary") -> str:
        """The version; an error if it is another engine, too old, a shim that starts one, or exposed to others.

        `key` is the setting that names it.
        """
        named = {"engine": row.name, "key": key, "path": str(binary)}
        refuse_exposed(binary, **named)
        # Each time: a script may call others, which change independently.
        manager = manager_of(binary)
        if manager is not None:
            raise is_shim(row, binary, manager, key)
        answer = self._answer(row, binary, env, key)
        facts = {**named, "version": answer.version}
        if answer.product not in {row.product, ""}:
            other = next(one.name for one in ENGINES.values() if one.product == answer.product)
            raise EngineIsOther(product=answer.product, other=other, **facts)
        if parse(answer.version)[0] < row.oldest:
            oldest = ".".join(map(str, row.oldest))
            raise EngineTooOld(product=row.product, oldest=oldest, **facts)
        return answer.version

    def _answer(self, row: EngineRow, binary: Path, env: Mapping[str, str], key: str) -> Known:
        record = record_in(self.folder)
        known = record.of(binary)
        if known is None or not known.version:
            # Not under the record's guard: while one binary hangs, stacks with another one continue.
            from runner.engine.versions.asking import ask  # a look at what is on record starts no process

            known = record.note(binary, *ask(self.folder, row, binary, env, key))
        return known
