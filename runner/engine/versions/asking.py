"""A program is started to say which engine it is."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from runner.engine.argv import version_argv
from runner.engine.versions.managers import compiled_manager, is_shim
from runner.errors import EngineCannotAnswer, EngineMissing, OutputNotUnderstood, Timeout
from runner.host.files import private_folder
from runner.model.code.engines import ENGINES, EngineRow
from runner.model.engine.constraint import parse
from runner.process.run import Command, Stopped, run

DEADLINE = 30.0
_PRODUCTS = "|".join(row.product for row in ENGINES.values())
_ANSWER = re.compile(rf"({_PRODUCTS}) v(\d[0-9A-Za-z.+-]*)\s")


def ask(folder: Path, row: EngineRow, binary: Path, env: Mapping[str, str], key: str) -> tuple[str, str]:
    with TemporaryDirectory(dir=private_folder(folder)) as scratch:
        place = Path(scratch)
        output = place / "version"
        # PATH, HOME and the data directory are the empty folder: an engine answers there, and a shim,
        # which has to find one, cannot.
        own = {**env, "PATH": scratch, "HOME": scratch, "TF_DATA_DIR": scratch}
        try:
            finished = run(
                Command(version_argv(binary), place, own, output, place / "stderr", deadline=DEADLINE)
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
                raise is_shim(row, binary, compiled, key) from error
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
