"""Which version a binary is, and which one a stack wants."""

import json
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from runner.engine.argv import version_argv
from runner.engine.constraint import VERSION
from runner.errors import EngineMissing, OutputNotUnderstood, Timeout
from runner.files import private_folder, write_whole
from runner.model.engines import EngineRow
from runner.process import Command, Stopped, run

DEADLINE = 30.0


def wanted(row: EngineRow, engine_version: str | None, module: Path, top: Path) -> str | None:
    """The stack's own constraint, else what a version file says, in the module or in a folder above it within `top`."""
    if engine_version:
        return engine_version
    for folder in (module, *module.parents):
        if folder != module and not folder.is_relative_to(top):
            return None
        for name in row.version_files:
            file = folder / name
            if file.is_file() and not file.is_symlink():
                text = file.read_text(errors="replace").strip()
                # `latest` and `min-required` are questions to a version manager, not versions.
                return text if VERSION.fullmatch(text) else None
    return None


class Versions:
    """Versions by binary, remembered on disk: asking costs 40 ms, as much as a small plan."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, str] = {}
        self._guard = threading.Lock()

    def locate(self, row: EngineRow, binary: str, path: str) -> Path:
        """The absolute path of the binary, or EngineMissing."""
        found = shutil.which(binary, path=path)
        if found is None:
            raise EngineMissing(engine=row.name, binary=binary)
        return Path(found).absolute()

    def of(self, row: EngineRow, binary: Path, env: Mapping[str, str]) -> str:
        about = binary.stat()
        key = f"{binary.resolve()} {about.st_ino} {about.st_size} {about.st_mtime_ns}"
        with self._guard:
            if key not in self._known:
                self._known |= self._recorded()
            if key in self._known:
                return self._known[key]
        # Not under the guard: while one binary hangs, stacks with another one go on.
        version = self._ask(row, binary, env)
        with self._guard:
            self._known = {**self._known, key: version}
            content = json.dumps(dict(list(self._known.items())[-20:]), indent=1)
            write_whole(private_folder(self.folder) / "versions.json", content.encode(), durable=False)
        return version

    def _recorded(self) -> dict[str, str]:
        try:
            recorded = json.loads((self.folder / "versions.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return recorded if isinstance(recorded, dict) else {}

    def _ask(self, row: EngineRow, binary: Path, env: Mapping[str, str]) -> str:
        with TemporaryDirectory(dir=private_folder(self.folder)) as scratch:
            folder = Path(scratch)
            output = folder / "version.json"
            # HOME and the data directory are the empty folder, so that nothing of another place is read.
            own = {**env, "HOME": scratch, "TF_DATA_DIR": scratch}
            try:
                finished = run(
                    Command(version_argv(binary), folder, own, output, folder / "stderr", deadline=DEADLINE)
                )
            except OSError as error:
                raise EngineMissing(engine=row.name, binary=f"{binary} ({error.strerror})") from error
            if finished.stopped is Stopped.DEADLINE:
                raise Timeout(what=f"{binary} version", seconds=f"{DEADLINE:g}", hint="driftline doctor")
            try:
                return str(json.loads(output.read_bytes())["terraform_version"])
            except (ValueError, KeyError, TypeError) as error:
                raise OutputNotUnderstood(
                    engine=row.name,
                    command="version -json",
                    problem=f"{error} (exit code {finished.exit_code})",
                ) from error
