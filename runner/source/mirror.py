"""One source's bare mirror: queried, fetched, and made again if it is broken."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path

from runner import failpoint
from runner.errors import BranchMissing, GitFailed, SourceTooLarge
from runner.foreign.budget import Budget
from runner.foreign.quarantine import Quarantine
from runner.foreign.read import walk
from runner.host.flock import held
from runner.model.settings.source import SourceSettings
from runner.model.values.frozen import dataclass
from runner.model.values.paths import printable
from runner.model.values.size import parse_size
from runner.source import arguments
from runner.source.address import check_branch, protocol
from runner.source.command import Call, Ended, largest, run, stream
from runner.source.credentials import offered
from runner.source.failure import failed
from runner.source.room import reclaim, taken, tidy
from runner.source.tree import Contents, Truncated, answers, questions

LEFTOVERS = (
    "*.lock", "refs/**/*.lock", "objects/info/*.lock", "objects/pack/*.lock", "objects/pack/tmp_*", "objects/pack/.tmp-*",
    "objects/??/tmp_obj_*", "objects/tmp_*",
)  # fmt: skip
# git's messages about a broken object or ref in the mirror itself; `fsck --connectivity-only` reads no blobs.
DAMAGE = re.compile(
    r"not a git repository|is corrupt|is empty|inflate: |does not match index|unable to (?:stream|unpack|parse)"
    r"|invalid sha1 pointer|broken ref"
)
REVISION = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
ANSWER_SECONDS = 30.0  # one question, one line: a slower remote counts as dead
ANSWER_MEMORY = 256 << 20
FETCH_MEMORY = 256 << 20  # plus half of the expected data, of which git keeps an index in memory
NO_REF = 2  # of `ls-remote --exit-code`
SHARE = 0.5  # of the room that is left, for pull requests: no request can stop the branch
FSCK_TIMES = 5  # it walks the whole history


@dataclass(frozen=True)
class Mirror:
    """`data_dir/mirrors/<source>.git`. Reading needs no lock; every change holds the lock file beside it."""

    data_dir: Path
    source: SourceSettings
    timeout: float

    @property
    def path(self) -> Path:
        return self.data_dir / "mirrors" / f"{self.source.name}.git"

    @property
    def lock(self) -> Path:
        return self.path.with_suffix(".lock")

    # Queries

    def remote_head(self) -> str:
        """The branch's revision at the remote, or BranchMissing."""
        ref = check_branch(self.source.branch)
        found = self.remote_refs(ref).get(ref)
        if found is None:
            raise self.branch_missing(self.source.branch)
        return found

    def remote_refs(self, *refs: str) -> dict[str, str]:
        """The revisions of these refs or patterns, and of others with the same end, in the remote's order."""
        argv = arguments.ls_remote(self.source.url, *refs)
        ended = self._ask("ls-remote", argv, allowed=(0, NO_REF), deadline=ANSWER_SECONDS)
        lines = (line.partition("\t") for line in ended.output.decode(errors="replace").split("\n"))
        return {name: revision for revision, _, name in lines if REVISION.fullmatch(revision)}

    def branch_missing(self, branch: str) -> BranchMissing:
        default = self._default_branch()
        other = f"its default branch is {default}: " if default else ""
        return BranchMissing(
            source=self.source.name,
            branch=branch,
            hint=f"{other}set branch of source {self.source.name}",
            advice=f"{other.replace('{', '{{').replace('}', '}}')}set {{setting}}",
            setting="branch",
        )

    def _default_branch(self) -> str:
        """The target of the remote's HEAD; empty if it does not say."""
        with suppress(GitFailed):
            argv = arguments.default_branch(self.source.url)
            said = self._ask("ls-remote", argv, deadline=ANSWER_SECONDS).output.decode(errors="replace")
            found = re.match(r"ref: refs/heads/(\S{1,200})\tHEAD", said)
            return printable(found[1]) if found else ""
        return ""

    def local(
        self, command: str, argv: Sequence[str], allowed: tuple[int, ...] = (0,), times: int = 1
    ) -> Ended:
        """A command that contacts no remote."""
        ended = run(Call(tuple(argv), self.path.parent, self.timeout * times))
        return self.checked(command, ended, allowed)

    @contextmanager
    def contents(self, oids: Sequence[str]) -> Iterator[Contents]:
        """The objects of these ids, in order, from one process."""
        cut: Truncated | None = None
        call = Call(tuple(arguments.cat_file(self.path)), self.path.parent, self.timeout)
        with stream(call, questions(oids)) as (output, ended):
            try:
                yield answers(oids, output)
            except Truncated as stop:
                cut = stop
        if ended.code != 0 or cut is not None:
            raise failed(self.source, "cat-file", f"{cut or ''}\n{ended.error}")

    def _ask(
        self,
        command: str,
        argv: Sequence[str],
        allowed: tuple[int, ...] = (0,),
        fds: tuple[int, ...] = (),
        deadline: float = math.inf,
        largest_file: int | None = None,
        max_memory: int = ANSWER_MEMORY,
    ) -> Ended:
        speaks = protocol(self.source.url)
        with offered(self.source.auth, speaks, self.data_dir) as credentials:
            # The data directory may lie inside a work tree, whose configuration would apply.
            extra = {"GIT_CEILING_DIRECTORIES": str(self.data_dir), **credentials.environment}
            fds = (*fds, *credentials.fds)
            call = Call(
                tuple(argv),
                self.path.parent,
                min(self.timeout, deadline),
                extra,
                fds,
                largest_file,
                max_memory,
            )
            return self.checked(command, run(call), allowed)

    def checked(self, command: str, ended: Ended, allowed: tuple[int, ...]) -> Ended:
        if ended.code not in allowed or self.damaged(ended.error):
            raise failed(self.source, command, ended.error or f"exit code {ended.code}")
        return ended

    @staticmethod
    def damaged(words: str) -> bool:
        return DAMAGE.search(words) is not None

    # Changes

    def fetch(self, revision: str) -> None:
        """Fetch the branch, so that this revision exists. A broken mirror is moved away and made again."""
        with held(self.lock, self.timeout) as fd:
            if not self.path.exists() or self._holds_odd():
                self._make(revision, fd)
            else:
                self._clear()
                try:
                    self._update(revision, fd)
                except SourceTooLarge:
                    self._clear()
                    raise
                except GitFailed:
                    if not self._broken():
                        raise
                    self._make(revision, fd)
            if not self.has(revision):
                raise failed(self.source, "fetch", f"the remote changed and no longer has {revision}")

    def fetch_refs(self, refs: Mapping[str, str]) -> None:
        """Fetch other refs than the branch: each with its name here. Room for the branch stays."""
        with self.changing() as fd:
            self._fill(self.path, fd, refs)
            tidy(self.path, self.timeout, fd)

    def push(self, revision: str, ref: str) -> None:
        """GitFailed if the remote refuses, or has something else there."""
        self._ask("push", arguments.push(self.path, self.source.url, revision, ref))

    @contextmanager
    def changing(self) -> Iterator[int]:
        """Nobody else changes the mirror; the descriptor holds the lock."""
        with held(self.lock, self.timeout) as fd:
            self._clear()
            try:
                yield fd
            except BaseException:
                self._clear()
                raise

    def repair(self, *, proven: bool) -> bool:
        """Make the mirror again if it is missing or broken. False if it is sound."""
        with held(self.lock, self.timeout) as fd:
            if self.path.exists() and not proven and not self._broken():
                return False
            self._make(self.remote_head(), fd)
            return True

    def head(self) -> str | None:
        """The branch's revision at the last fetch."""
        ended = self.local("rev-parse", arguments.rev_parse(self.path, arguments.HEAD), allowed=(0, 1))
        return ended.output.decode().strip() or None

    def has(self, revision: str) -> bool:
        return (
            self.local("rev-parse", arguments.rev_parse(self.path, revision), allowed=(0, 1, 128)).code == 0
        )

    def is_ancestor(self, old: str, new: str) -> bool:
        """False if the old revision does not even exist, as after a rewrite and a new mirror."""
        argv = arguments.is_ancestor(self.path, old, new)
        if self.local("merge-base", argv, allowed=(0, 1, 128)).code == 0:
            return True
        if not self.has(new):
            raise failed(self.source, "merge-base", f"the mirror has no revision {new}")
        return False

    def _update(self, revision: str, lock: int) -> None:
        before = self.head()
        if before == revision:
            return
        self._fill(self.path, lock)
        if before is not None and not self.is_ancestor(before, arguments.HEAD):
            self.local("update-ref", arguments.set_ref(self.path, f"{arguments.KEPT}/{before}", before))
        tidy(self.path, self.timeout, lock)

    def _make(self, revision: str, lock: int) -> None:
        """A new mirror beside the old one, which stays until the new one is complete."""
        made = self.path.with_suffix(".new")
        Quarantine(self.data_dir).discard(made)
        self.local("init", arguments.init(made, "sha256" if len(revision) == 64 else "sha1"))
        try:
            self._fill(made, lock)
        except BaseException:
            Quarantine(self.data_dir).discard(made)
            raise
        if self.path.exists():
            # For diagnosis; only the last one is kept.
            aside = self.path.with_suffix(".broken")
            Quarantine(self.data_dir).discard(aside)
            self.path.rename(aside)
        failpoint.reach("mirror.before_rename")
        made.rename(self.path)

    def _fill(self, git_dir: Path, lock: int, others: Mapping[str, str] | None = None) -> None:
        """Fetch the branch or these other refs."""
        try:
            self._take(git_dir, lock, others)
        except SourceTooLarge:
            self._clear()
            if not reclaim(git_dir, self.timeout, lock):
                raise
            self._take(git_dir, lock, others)

    def _take(self, git_dir: Path, lock: int, others: Mapping[str, str] | None) -> None:
        """A fetch writes one pack, whose size the kernel limits: git has no option for it."""
        refs = {check_branch(self.source.branch): arguments.HEAD} if others is None else others
        argv = arguments.fetch(git_dir, self.source.url, refs)
        share = 1 if others is None else SHARE
        left = largest(int((parse_size(self.source.max_size) - taken(git_dir)) * share))
        try:
            self._ask("fetch", argv, fds=(lock,), largest_file=left, max_memory=FETCH_MEMORY + left // 2)
        except GitFailed as error:
            # git reports only that index-pack has ended.
            if all(path.stat().st_size < left for path in git_dir.glob("objects/pack/tmp_pack_*")):
                raise
            bound = f"its max_size of {self.source.max_size}"
            what = "its history exceeds"
            if others is not None:
                what, bound = f"{next(iter(others))} exceeds", f"half of what is left of {bound}"
            raise SourceTooLarge(source=self.source.name, what=what, bound=bound) from error

    def _clear(self) -> None:
        """Remove leftovers of a killed git; no other git could still need them."""
        for leftover in chain.from_iterable(self.path.glob(pattern) for pattern in LEFTOVERS):
            leftover.unlink(missing_ok=True)

    def _holds_odd(self) -> bool:
        """Whether it contains a file type that git never makes. Reading a pipe would block until the
        deadline, each time.
        """
        try:
            return any(not found.is_regular for found in walk(self.path, Budget()))
        except OSError:
            return True

    def _broken(self) -> bool:
        return (
            self._holds_odd()
            or run(Call(tuple(arguments.fsck(self.path)), self.path.parent, self.timeout * FSCK_TIMES)).code
            > 0
        )
