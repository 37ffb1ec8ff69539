"""Names for stacks: those that the tool has, or the directory's path without the words that say nothing."""

import re
from collections.abc import Iterable, Sequence

from runner.model.adopt.project import Project
from runner.model.stack.definition import DEFAULT_WORKSPACE
from runner.model.values.paths import TOP

LONGEST = 64
# Directories that hold all root modules of a repository, or the code of a service.
AROUND = frozenset(
    {"live", "environments", "environment", "envs", "env", "stacks", "deployments", "projects", "roots"}
)
CODE = frozenset({"infra", "infrastructure", "terraform", "tf", "tofu", "opentofu", "iac", "deploy"})
_UNFIT = re.compile(r"[^a-z0-9._/-]+")


def stack_names(projects: Sequence[Project], top: str) -> list[str]:
    """A name for each, in order; `top` names a root module in the repository's own directory."""
    taken: set[str] = set()
    names = []
    for project in projects:
        name = next(one for one in _candidates(project, top) if one and one not in taken)
        taken.add(name)
        names.append(name)
    return names


def _candidates(project: Project, top: str) -> Iterable[str]:
    workspace = "" if project.workspace == DEFAULT_WORKSPACE else f"/{project.workspace}"
    if project.name is not None:
        yield fit(project.name)
        yield fit(project.name + workspace)
    yield fit(short(project.folder, top) + workspace)
    whole = fit((top if project.folder == TOP else project.folder) + workspace) or "stack"
    yield whole
    number = 2
    while True:
        yield f"{whole[: LONGEST - 8]}-{number}"
        number += 1


def short(folder: str, top: str) -> str:
    """`environments/prod/network` is `prod/network`, and `services/api/terraform` is `services/api`."""
    parts = [] if folder == TOP else folder.split("/")
    while len(parts) > 1 and parts[0].lower() in AROUND | CODE:
        parts = parts[1:]
    while len(parts) > 1 and parts[-1].lower() in CODE:
        parts = parts[:-1]
    return "/".join(parts) or top


def fit(name: str) -> str:
    """As a stack may be called; empty if nothing is left of it."""
    parts = [part.strip("-") for part in _UNFIT.sub("-", name.lower()).split("/")]
    parts = [part for part in parts if part.strip(".")]
    while len(parts) > 1 and len("/".join(parts)) > LONGEST:
        parts = parts[1:]
    return "/".join(parts).lstrip("._-/")[:LONGEST].rstrip("/")
