"""Which engine a program is, and in which version: it is asked once, and again when its file changes."""

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from runner.engine.argv import version_argv
from runner.engine.versions.exposure import refuse_exposed
from runner.engine.versions.managers import Manager, compiled_manager, installed_by, manager_of
from runner.engine.versions.record import Known, record_in
from runner.errors import (
    EngineCannotAnswer,
    EngineIsOther,
    EngineIsShim,
    EngineMissing,
    EngineTooOld,
    OutputNotUnderstood,
    Timeout,
)
from runner.host.files import private_folder
from runner.model.code.engines import ENGINES, EngineRow
from runner.model.engine.constraint import parse
from runner.process.run import Command, Stopped, run

DEADLINE = 30.0
_PRODUCTS = "|".join(row.product for row in ENGINES.values())
_ANSWER = re.compile(rf"({_PRODUCTS}) v(\d[0-9A-Za-z.+-]*)\s")


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
            raise _is_shim(row, binary, manager, key)
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
            known = record.note(binary, *self._ask(row, binary, env, key))
        return known

    def _ask(self, row: EngineRow, binary: Path, env: Mapping[str, str], key: str) -> tuple[str, str]:
        with TemporaryDirectory(dir=private_folder(self.folder)) as scratch:
            folder = Path(scratch)
            output = folder / "version"
            # PATH, HOME and the data directory are the empty folder: an engine answers there, and a shim,
            # which has to find one, cannot.
            own = {**env, "PATH": scratch, "HOME": scratch, "TF_DATA_DIR": scratch}
            try:
                finished = run(
                    Command(version_argv(binary), folder, own, output, folder / "stderr", deadline=DEADLINE)
                )
            except OSError as error:
                raise EngineMissing(engine=row.name, binary=f"{binary} ({error.strerror})") from error
            if finished.stopped is Stopped.DEADLINE:
                raise Timeout(what=f"{binary} version", seconds=f"{DEADLINE:g}", hint="driftline doctor")
            try:
                return _read(output.read_text(errors="replace"))
            except (ValueError, KeyError, TypeError) as error:
                compiled = compiled_manager(binary)
                if compiled is not None:
                    raise _is_shim(row, binary, compiled, key) from error
                if finished.exit_code != 0:
                    code = finished.exit_code
                    raise EngineCannotAnswer(engine=row.name, key=key, path=binary, code=code) from error
                raise OutputNotUnderstood(engine=row.name, command="version", problem=str(error)) from error


def _read(answer: str) -> tuple[str, str]:
    """Product and version. With `-json` both engines print `terraform_version`: only the text names the product.

    A stand-in that prints its version as JSON has no product.
    """
    found = _ANSWER.match(answer)
    if found is not None:
        return found[1], found[2]
    version = str(json.loads(answer)["terraform_version"])
    parse(version)
    return "", version


def _is_shim(row: EngineRow, binary: Path, manager: Manager, key: str) -> EngineIsShim:
    newest, pattern = installed_by(manager, binary, row.name)
    real = f"engines.{row.name}.binary: {newest or f'/path/to/{row.name}'}"
    if pattern:
        real += f', and all of them by binaries: ["{pattern}"]'
    return EngineIsShim(engine=row.name, key=key, path=str(binary), manager=manager.name, real=real)
