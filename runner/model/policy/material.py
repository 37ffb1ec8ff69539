"""What a job carries to be judged by: the text of its policies and the commands of its checks, each with a digest.

The text and not a path, since a worker may be another machine; policies are a few kilobytes.
"""

import hashlib
import json
from typing import Literal

from runner.model.values.frozen import dataclass
from runner.model.values.span import Seconds

TEST_FILE = "_test.rego"  # how the names of files with tests end
LARGEST_FILE = 256 << 10
LARGEST = 1 << 20
MOST_FILES = 200


@dataclass(frozen=True)
class PolicyFile:
    path: str  # relative to the policy's folder
    text: str


@dataclass(frozen=True)
class PolicyMaterial:
    """`problem` is why it could not be read: then it denies. `of_repository`: from the source itself."""

    name: str
    files: tuple[PolicyFile, ...] = ()
    engine: Literal["auto", "regopy", "opa"] = "auto"
    timeout: Seconds = Seconds(20)
    reason: str = ""
    problem: str = ""
    of_repository: bool = False

    @property
    def digest(self) -> str:
        """Of everything that decides what it says about a plan."""
        files = [(one.path, one.text) for one in self.judging]
        return _digest([self.engine, self.problem, files])

    @property
    def judging(self) -> tuple[PolicyFile, ...]:
        """Without the files of tests."""
        return tuple(one for one in self.files if not one.path.endswith(TEST_FILE))


@dataclass(frozen=True)
class CheckMaterial:
    name: str
    command: tuple[str, ...]
    blocking: bool = False
    sarif: bool = False
    network: bool = False
    timeout: Seconds = Seconds(300)
    reason: str = ""

    @property
    def digest(self) -> str:
        return _digest([*self.command, self.blocking, self.sarif, self.network])


@dataclass(frozen=True)
class Judging:
    """All that judges the plans of one stack, in the operator's order. `former` is the revision whose policies of the
    repository count too: the one that is applied.
    """

    policies: tuple[PolicyMaterial, ...] = ()
    checks: tuple[CheckMaterial, ...] = ()
    folders: tuple[str, ...] = ()  # globs of folders in the repository that hold more policies
    former: str = ""

    @property
    def nothing(self) -> bool:
        return not (self.policies or self.checks or self.folders)

    @property
    def marks(self) -> tuple[str, ...]:
        """What an approval is bound to besides the results: the operator's part, by name and digest."""
        policies = (f"{one.name} {one.digest}" for one in self.policies)
        checks = (f"{one.name} {one.digest}" for one in self.checks)
        return (*policies, *checks, *(f"{REPOSITORY}{glob}" for glob in self.folders))


NOTHING = Judging()
REPOSITORY = "policies in the repository "  # how the mark of a glob begins


def _digest(of: object) -> str:
    return hashlib.sha256(json.dumps(of, sort_keys=True).encode()).hexdigest()
