"""Workspaces and var files of a root module, guessed from its files and code. Every guess says what suggests it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from runner.model.adopt.layout import CodeFolder, Layout
from runner.model.adopt.project import Engine, Guess, Project
from runner.model.stack.definition import DEFAULT_WORKSPACE
from runner.model.values.frozen import dataclass
from runner.model.values.paths import join

_VALUES = re.compile(r"(?P<stem>.+?)\.tfvars(?:\.json)?")
_AUTOMATIC = re.compile(r"terraform\.tfvars(?:\.json)?|.*\.auto\.tfvars(?:\.json)?")
_WORKSPACE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,89}")
# Directories beside the code that hold a var file for each environment.
FOLDERS = ("env", "envs", "environments", "vars", "tfvars", "var-files", "workspaces", "config", "configs")
BACKEND_FILES = tuple(
    folder + name
    for folder in ("", "backend/", "backends/", "env/", "envs/", "environments/", "config/")
    for name in (
        "{}.tfbackend",
        "{}.backend.hcl",
        "backend-{}.hcl",
        "backend.{}.hcl",
        "{}.backend.tfvars",
        "{}.hcl",
    )
)
SHARED = frozenset({"common", "shared", "global", "globals", "base", "default", "defaults", "all"})
SAMPLE = frozenset({"example", "sample", "template", "test"})
_VERSION_FILES: Mapping[str, Engine] = {".opentofu-version": "tofu", ".terraform-version": "terraform"}
_TOOL_LINE = re.compile(r"^\s*(terraform|opentofu)\s+(\d+\.\d+\.\d+)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class _ValueFile:
    name: str  # from the directory of the root module
    stem: str


def guessed(layout: Layout, code: CodeFolder, because: str) -> tuple[Project, ...]:
    """One project for each workspace that the root module seems to have."""
    base = Project(code.path, because=because)
    base = with_engine(base, layout)
    files = [one for one in value_files(layout, code.path) if one.stem not in SAMPLE]
    shared = tuple(one.name for one in files if one.stem in SHARED)
    own = [one for one in files if one.stem not in SHARED and _WORKSPACE.fullmatch(one.stem)]
    if shared:
        names = ", ".join(shared)
        base = replace(
            base,
            var_files=shared,
            guesses=(*base.guesses, Guess("var_files", f"{names} has no environment in its name")),
        )
    if len(own) > 1 or (own and code.reads_workspace):
        return tuple(_with_file(base, one, code, layout) for one in own)
    if own:
        guess = Guess("var_files", f"{own[0].name} is the only var file")
        return (replace(base, var_files=(*base.var_files, own[0].name), guesses=(*base.guesses, guess)),)
    return tuple(_with_workspaces(base, code))


def value_files(layout: Layout, folder: str) -> list[_ValueFile]:
    """Those that an engine does not load by itself: beside the code, then in the usual directories."""
    found = list(_beside(layout, folder, ""))
    for name in FOLDERS:
        below = join(folder, name)
        if below is not None and below not in layout.code:
            found += _beside(layout, below, f"{name}/")
    return found


def _beside(layout: Layout, folder: str, prefix: str) -> Iterator[_ValueFile]:
    for name in sorted(layout.files.get(folder, ())):
        match = _VALUES.fullmatch(name)
        if match is not None and _AUTOMATIC.fullmatch(name) is None:
            yield _ValueFile(prefix + name, match["stem"])


def _with_file(base: Project, file: _ValueFile, code: CodeFolder, layout: Layout) -> Project:
    """A state of its own: by the backend settings of the same name, or by the workspace."""
    var_files = (*base.var_files, file.name)
    named = Guess("var_files", f"{file.name} is one of several var files")
    settings = None if code.reads_workspace else _backend_file(layout, code.path, file.stem)
    if settings is not None:
        place, values = settings
        guess = Guess("backend_config", f"{place} has the same name")
        return replace(
            base,
            name=f"{base.folder}/{file.stem}",
            var_files=var_files,
            backend_config=values,
            guesses=(*base.guesses, named, guess),
        )
    uses = (
        "the code reads terraform.workspace"
        if code.reads_workspace
        else "nothing else tells their states apart"
    )
    guess = Guess("terraform_workspace", f"{file.name} has its name, and {uses}")
    return replace(base, workspace=file.stem, var_files=var_files, guesses=(*base.guesses, named, guess))


def _backend_file(layout: Layout, folder: str, stem: str) -> tuple[str, Mapping[str, Any]] | None:
    """The settings for `-backend-config` whose file has this name."""
    for pattern in BACKEND_FILES:
        place = join(folder, pattern.format(stem))
        if place is not None and place in layout.settings:
            return pattern.format(stem), layout.settings[place]
    return None


def _with_workspaces(base: Project, code: CodeFolder) -> Iterator[Project]:
    if code.selected is not None and code.selected != DEFAULT_WORKSPACE:
        names: Mapping[str, str] = {code.selected: ".terraform/environment selects it"}
    else:
        names = dict.fromkeys(code.workspaces, "the code compares terraform.workspace with it")
    fitting = [name for name in names if _WORKSPACE.fullmatch(name)]
    for name in fitting:
        guess = Guess("terraform_workspace", names[name])
        yield replace(base, workspace=name, guesses=(*base.guesses, guess))
    if not fitting and code.reads_workspace:
        why = "the code reads terraform.workspace, and nothing names one; see: terraform workspace list"
        yield replace(base, guesses=(*base.guesses, Guess("terraform_workspace", why)))
    elif not fitting:
        yield base


def with_engine(project: Project, layout: Layout) -> Project:
    """The nearest sign decides, where nobody said it. `.terraform-version` and `required_version` count by themselves."""
    if project.engine is not None:
        return project
    sign = next(iter(_engine_signs(layout, project.folder)), None)
    if sign is None:
        return replace(project, engine="terraform")
    engine, version, because = sign
    guesses = project.guesses
    if engine == "tofu":
        guesses += (Guess("engine", because),)
    if version is not None and project.engine_version is None:
        guesses += (Guess("engine_version", because),)
    return replace(project, engine=engine, engine_version=project.engine_version or version, guesses=guesses)


def _engine_signs(layout: Layout, folder: str) -> Iterator[tuple[Engine, str | None, str]]:
    if folder in layout.code and layout.code[folder].is_tofu:
        yield "tofu", None, "there are .tofu files"
    for place in layout.above(folder):
        for name, engine in _VERSION_FILES.items():
            path = join(place, name)
            if path is not None and layout.has_file(path):
                yield engine, None, f"{path} is there"
        path = join(place, ".tool-versions") or ""
        for tool, version in _TOOL_LINE.findall(layout.versions.get(path, "")):
            yield "tofu" if tool == "opentofu" else "terraform", version, f"{path} names {tool} {version}"
