"""The files of a policy on this host, read within limits."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from runner.host.files import read_foreign
from runner.model.policy.material import LARGEST, LARGEST_FILE, MOST_FILES, PolicyFile, PolicyMaterial
from runner.model.settings.policy import Policy

SUFFIX = ".rego"


def read_policy(policy: Policy) -> PolicyMaterial:
    """Its text as it is now; one that cannot be read says why."""
    files, problem = _read(policy.path)
    return PolicyMaterial(policy.name, files, policy.engine, policy.timeout, policy.reason, problem)


def _read(path: Path) -> tuple[tuple[PolicyFile, ...], str]:
    try:
        found = tuple(_files(path))
    except OSError as error:
        return (), f"{error.filename or path} cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        return (), f"{path} has a file that is not UTF-8"
    if not found:
        return (), f"{path} has no {SUFFIX} files"
    if len(found) > MOST_FILES or sum(len(one.text) for one in found) > LARGEST:
        return (), f"{path} has more than {MOST_FILES} files or {LARGEST >> 10} KiB of policies"
    return found, ""


def _files(path: Path) -> Iterator[PolicyFile]:
    if not path.is_dir():
        # The operator may link to a policy, but what is read is a plain file.
        yield PolicyFile(path.name, read_foreign(path.resolve(strict=True), LARGEST_FILE).decode())
        return
    for file in islice(sorted(path.rglob(f"*{SUFFIX}")), MOST_FILES + 1):
        text = read_foreign(file.resolve(), LARGEST_FILE).decode()
        yield PolicyFile(file.relative_to(path).as_posix(), text)
