"""Whose signatures count: the files that list them, and the verifying programs."""

from collections.abc import Iterator
from pathlib import Path

from runner.doctor.finding import Scene, fail, ok
from runner.errors import DriftlineError
from runner.model.settings.source import SourceSettings
from runner.view.finding import Finding

DEADLINE = 15.0


def signatures(scene: Scene) -> Iterator[Finding]:
    """For each source that requires signed commits."""
    for source in scene.settings.sources:
        if source.verify.mode != "off":
            yield _look(source)


def _look(source: SourceSettings) -> Finding:
    from runner.source.signature import check_trust

    check = f"signatures {source.name}"
    files = files_of(source)
    open_to_others = [path for path in files.values() if path.exists() and path.stat().st_mode & 0o022]
    if open_to_others:
        path = open_to_others[0]
        return fail(
            check, f"{path} is writable by others, who could change who is trusted", f"chmod go-w {path}"
        )
    try:
        check_trust(source, DEADLINE)
    except DriftlineError as error:
        return fail(check, error.message, f"ls -l {' '.join(str(path) for path in files.values())}")
    return ok(check, f"mode {source.verify.mode}, verified against {' and '.join(files)}")


def files_of(source: SourceSettings) -> dict[str, Path]:
    """By key."""
    verify = source.verify
    named = {
        "allowed_signers": verify.allowed_signers,
        "gpg_keys": verify.gpg_keys,
        "revoked": verify.revoked,
    }
    return {key: path for key, path in named.items() if path is not None}
