"""Which engine a binary is, in which version, and which version a stack wants."""

import json
import re
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from runner.engine.argv import version_argv
from runner.engine.versions.constraint import VERSION, parse
from runner.engine.versions.managers import Manager, compiled_manager, installed_by, manager_of
from runner.errors import (
    EngineCannotAnswer,
    EngineIsOther,
    EngineIsShim,
    EngineMissing,
    EngineTooOld,
    OutputNotUnderstood,
    Timeout,
)
from runner.host.files import private_folder, write_whole
from runner.model.code.engines import ENGINES, EngineRow
from runner.process.run import Command, Stopped, run

DEADLINE = 30.0
_PRODUCTS = "|".join(row.product for row in ENGINES.values())
_ANSWER = re.compile(rf"({_PRODUCTS}) v(\d[0-9A-Za-z.+-]*)\s")


def wanted(row: EngineRow, engine_version: str | None, module: Path, top: Path) -> str | None:
    """The stack's own constraint, or a version file's, in the module or in a folder above it within `top`."""
    if engine_version:
        return engine_version
    for folder in (module, *module.parents):
        if folder != module and not folder.is_relative_to(top):
            return None
        for name in row.version_files:
            file = folder / name
            if file.is_file() and not file.is_symlink():
                text = file.read_text(errors="replace").strip()
                # `latest` and `min-required` are instructions for a version manager, not versions.
                return text if VERSION.fullmatch(text) else None
    return None


@dataclass(frozen=True)
class Answer:
    """`product` is empty if a stand-in printed its version as JSON, which names no engine."""

    product: str
    version: str


class Versions:
    """Answers by binary, cached on disk: asking costs 40 ms, as much as a small plan."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, Answer] = {}
        self._guard = threading.Lock()

    def locate(self, row: EngineRow, binary: str, path: str) -> Path:
        """The absolute path of the binary, or EngineMissing."""
        found = shutil.which(binary, path=path)
        if found is None:
            raise EngineMissing(engine=row.name, binary=binary)
        return Path(found).absolute()

    def of(self, row: EngineRow, binary: Path, env: Mapping[str, str]) -> str:
        """The version; an error if it is another engine, too old, or a shim that starts one."""
        # Each time: a script may call others, which change independently.
        manager = manager_of(binary)
        if manager is not None:
            raise _is_shim(row, binary, manager)
        answer = self._answer(row, binary, env)
        facts = {"engine": row.name, "path": str(binary), "version": answer.version}
        if answer.product not in {row.product, ""}:
            other = next(one.name for one in ENGINES.values() if one.product == answer.product)
            raise EngineIsOther(product=answer.product, other=other, **facts)
        if parse(answer.version)[0] < row.oldest:
            oldest = ".".join(map(str, row.oldest))
            raise EngineTooOld(product=row.product, oldest=oldest, **facts)
        return answer.version

    def _answer(self, row: EngineRow, binary: Path, env: Mapping[str, str]) -> Answer:
        about = binary.stat()
        facts = (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
        key = " ".join(map(str, (binary.resolve(), *facts)))
        with self._guard:
            if key not in self._known:
                self._known |= self._recorded()
            if key in self._known:
                return self._known[key]
        # Not under the guard: while one binary hangs, stacks with another one continue.
        answer = self._ask(row, binary, env)
        with self._guard:
            self._known = {**self._known, key: answer}
            newest = list(self._known.items())[-20:]
            content = json.dumps({name: [one.product, one.version] for name, one in newest}, indent=1)
            write_whole(private_folder(self.folder) / "versions.json", content.encode(), durable=False)
        return answer

    def _recorded(self) -> dict[str, Answer]:
        try:
            recorded = json.loads((self.folder / "versions.json").read_bytes())
            return {key: Answer(str(product), str(version)) for key, (product, version) in recorded.items()}
        except (OSError, ValueError, AttributeError):
            return {}

    def _ask(self, row: EngineRow, binary: Path, env: Mapping[str, str]) -> Answer:
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
                    raise _is_shim(row, binary, compiled) from error
                if finished.exit_code != 0:
                    code = finished.exit_code
                    raise EngineCannotAnswer(engine=row.name, path=binary, code=code) from error
                raise OutputNotUnderstood(engine=row.name, command="version", problem=str(error)) from error


def _read(answer: str) -> Answer:
    """With `-json` both engines print `terraform_version`: only the text names the product."""
    found = _ANSWER.match(answer)
    if found is not None:
        return Answer(found[1], found[2])
    version = str(json.loads(answer)["terraform_version"])
    parse(version)
    return Answer("", version)


def _is_shim(row: EngineRow, binary: Path, manager: Manager) -> EngineIsShim:
    real = installed_by(manager, binary, row.name)
    path = f"/path/to/{row.name}" if real is None else str(real)
    return EngineIsShim(engine=row.name, path=str(binary), manager=manager.name, real=path)
