"""Where in the code the reason for a refusal is: found by reading the files again, since only a person asks for it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from runner.model.code.complaint import Complaint
from runner.model.code.module_folders import configuration_files
from runner.model.code.scan import Refusal
from runner.model.code.tree import Tree
from runner.model.settings.source import SourceSettings
from runner.model.values.paths import TOP, printable
from runner.model.values.problem import Problem
from runner.ports.git import Git

ENGINE = "tofu"  # it reads everything the other one does


def in_code(
    git: Git, source: SourceSettings, tree: Tree, problems: Iterable[tuple[Complaint, Problem]]
) -> Iterator[Problem]:
    """All problems; those whose complaint is about code with the file and line of the code."""
    for complaint, problem in problems:
        place = _place(git, source, tree, complaint.code) if complaint.code is not None else None
        if place is None:
            yield problem
        else:
            yield replace(problem, file=printable(place[0]), line=place[1], column=1, stack_file=problem.file)


def _place(git: Git, source: SourceSettings, tree: Tree, refusal: Refusal) -> tuple[str, int] | None:
    if refusal.file:
        return refusal.file, refusal.line
    if not refusal.pattern:
        return None
    files = dict(configuration_files(tree, refusal.folder, ENGINE))
    blobs = git.blobs(source, set(files.values())) if files else {}
    for name, oid in sorted(files.items()):
        text = blobs.get(oid, b"").decode(errors="replace")
        found = re.search(refusal.pattern, text, re.MULTILINE)
        if found is not None:
            # A pattern may match white space of the previous lines.
            at = found.end() - len(found[0].lstrip())
            path = name if refusal.folder == TOP else f"{refusal.folder}/{name}"
            return path, text.count("\n", 0, at) + 1
    return None
