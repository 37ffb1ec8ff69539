"""Mark the files of the repository that a plan's values name: a review is not carried over other contents of them."""

import os
import stat
from collections.abc import Iterable
from functools import partial

from runner.model.code.named_files import named_files
from runner.model.execution.job import Job
from runner.model.plan.fingerprint import MARK_DIGITS, seal
from runner.model.run.life import Kind
from runner.model.secret.copies import Secrets
from runner.ports.worker import WorkerPorts
from runner.ports.workspace import Workspace
from runner.service.discovery.tree import read_tree

REVIEWED = frozenset({Kind.CHANGE, Kind.PREVIEW})


def marked_files(
    job: Job, ports: WorkerPorts, workspace: Workspace, mentioned: Iterable[str], secrets: Secrets
) -> tuple[str, ...]:
    """`PATH mark` of each; the mark is keyed, and covers path and content."""
    top = workspace.tree
    if top is None or job.kind not in REVIEWED:
        return ()
    found = named_files(
        mentioned,
        root=job.module_path,
        trees=str(top.parent),
        there=partial(is_there, str(top)),
        tree=partial(read_tree, ports.git, job.source.with_login(ports.sources), job.revision),
    )
    key = ports.secrets.fingerprint_key()
    return tuple(
        f"{secrets.scrub(path)} {seal('named', [path, *content], key)[:MARK_DIGITS]}"
        for path, content in found.items()
    )


def is_there(top: str, path: str) -> bool:
    """Whether Git is worth asking. Names are looked at one by one: a link that a run left may lead to a disk that hangs."""
    here: list[str] = []
    for name in path.split("/"):
        if name == ".." and not here:
            return path.rstrip("/").endswith("/..")  # above the repository, or elsewhere on this host
        if name == "..":
            here.pop()
        elif name not in {"", "."}:
            here.append(name)
            try:
                about = os.lstat("/".join((top, *here)))
            except (OSError, ValueError):
                return False
            if stat.S_ISLNK(about.st_mode):
                return True
    return True
