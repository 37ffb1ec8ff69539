"""Run a scanner on a plan or on code, and read its answer: its exit code, or SARIF on its standard output."""

import math
import shutil
from collections.abc import Mapping
from pathlib import Path

from runner.errors import DriftlineError
from runner.host.files import private_folder
from runner.model.policy.answer import Answer
from runner.model.policy.material import CheckMaterial
from runner.model.policy.sarif import LARGEST, NotSarif, read_sarif
from runner.ports.basics import Cancel
from runner.process.program import Ended, Program, Surround, module, run_program

MEMORY = 4 << 30
FILES = 1 << 30  # bytes of one file that it may write
LINES = 20  # of its output, where the exit code is the answer


def scan(
    material: CheckMaterial,
    plan: Path,
    tree: Path,
    place: Path,
    surround: Surround,
    env: Mapping[str, str],
    cancel: Cancel | None,
) -> Answer:
    """What it found; why it has no answer counts as a finding."""
    program = shutil.which(material.command[0], path=env.get("PATH"))
    if program is None:
        return _said(material, f'"{material.command[0]}" is not installed')
    own = private_folder(place / "own")
    words = [_filled(word, plan, tree) for word in material.command[1:]]
    seconds = math.ceil(material.timeout)
    scanner = Program(
        (*module("runner.process.limited", f"{4 * seconds}", f"{MEMORY}", f"{FILES}"), program, *words),
        place,
        {
            **_environment(env, network=material.network),
            "HOME": str(own),
            "TMPDIR": str(own),
            "XDG_CACHE_HOME": str(own),
        },
        float(material.timeout),
        read=(plan, tree, Path(program)),
        write=(own,),
        network=material.network,
        cwd=own,
        output_cap=LARGEST,
    )
    try:
        return _answer(material, run_program(scanner, surround, cancel))
    except DriftlineError as error:
        return _said(material, error.message)
    except (OSError, ValueError) as error:
        return _said(material, f"it cannot be started: {error}")


def _environment(env: Mapping[str, str], *, network: bool) -> dict[str, str]:
    """Without network there is no use for a proxy, whose address may contain a password."""
    return {name: value for name, value in env.items() if network or name in {"PATH", "LANG"}}


def _filled(word: str, plan: Path, tree: Path) -> str:
    return word.replace("{plan}", str(plan)).replace("{tree}", str(tree))


def _answer(material: CheckMaterial, ended: Ended) -> Answer:
    if ended.problem:
        return _said(material, ended.problem)
    if not material.sarif:
        return _by_exit_code(material, ended)
    try:
        found = read_sarif(ended.stdout)
    except NotSarif as problem:
        return _said(material, f"{problem} (exit code {ended.finished.exit_code})")
    if not material.blocking:
        return Answer(warnings=(*found.denials, *found.warnings))
    # A scanner that fails after it has written may not have looked at everything.
    if ended.finished.exit_code not in {0, 1} and not found.denials:
        return _said(material, f"it ended with code {ended.finished.exit_code}")
    return found


def _by_exit_code(material: CheckMaterial, ended: Ended) -> Answer:
    code = ended.finished.exit_code
    if code == 0:
        return Answer()
    text = ended.stdout.decode(errors="replace").strip() or ended.stderr.strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return _said(material, f"exit code {code}", *lines[-LINES:])


def _said(material: CheckMaterial, *messages: str) -> Answer:
    return Answer(denials=messages) if material.blocking else Answer(warnings=messages)
