"""Mark the files of the repository that a plan's values name: a review is not carried over other contents of them."""

import os.path
from collections.abc import Iterable
from functools import partial

from runner.model.code.named_files import named_files
from runner.model.execution.job import Job
from runner.model.plan.fingerprint import MARK_DIGITS, seal
from runner.model.run.life import Kind
from runner.model.secret.copies import Secrets
from runner.ports.engine import Workspace
from runner.ports.worker import WorkerPorts
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
        there=lambda path: os.path.lexists(f"{top}/{path}"),
        tree=partial(read_tree, ports.git, job.source.with_login(ports.sources), job.revision),
    )
    key = ports.secrets.fingerprint_key()
    return tuple(
        f"{secrets.scrub(path)} {seal('named', [path, *content], key)[:MARK_DIGITS]}"
        for path, content in found.items()
    )
