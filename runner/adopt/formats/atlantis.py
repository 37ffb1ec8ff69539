"""Atlantis: `atlantis.yaml` of a repository, and `repos.yaml` of the server.

https://www.runatlantis.io/docs/repo-level-atlantis-yaml and https://www.runatlantis.io/docs/server-side-repo-config
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from runner.adopt.arguments import watched
from runner.adopt.expand import is_glob, matching, normal, root_modules
from runner.adopt.node import Node
from runner.adopt.reading import Partless, Reading, Without
from runner.adopt.steps import HOOK, with_step
from runner.model.adopt.layout import Layout
from runner.model.adopt.project import Project

_COMMENTS = Without("Driftline comments on no pull request")
_LOCKS = Without("Driftline locks a stack by itself while a run needs it", "driftline lock take STACK")
_MERGE = Without("Driftline merges no pull request and deletes no branch", "a setting of the forge")
_SERVER = Without("it is about the server of Atlantis")
_PARALLEL = Without(
    "Driftline decides how many runs there are at a time", "executor.slots in the configuration"
)
_ORDER = Without(
    "groups order what one pull request changes", "depends_on in the stack file of what comes later"
)
_POLICY = Without(
    "conftest reads its policies elsewhere",
    "policies in the configuration: a directory with the same .rego files",
)
_BRANCH = Without("a source follows one branch", "sources[].branch in the configuration")
_OVERRIDES = Without("what a commit may decide is said by rules", "sources[].allow in the configuration")

TOP: Partless = {
    "automerge": _MERGE,
    "delete_source_branch_on_merge": _MERGE,
    "parallel_plan": _PARALLEL,
    "parallel_apply": _PARALLEL,
    "abort_on_execution_order_fail": _ORDER,
    "emoji_reaction": _COMMENTS,
    "silence_pr_comments": _COMMENTS,
    "allowed_regexp_prefixes": Without(
        "Driftline takes names and globs, no expressions", "driftline plan 'prod/**'"
    ),
    "repo_locks": _LOCKS,
    "policies": _POLICY,
    "metrics": Without("metrics are served by the web server", "web.listen in the configuration"),
}
PROJECT: Partless = {
    "branch": _BRANCH,
    "delete_source_branch_on_merge": _MERGE,
    "repo_locking": _LOCKS,
    "repo_locks": _LOCKS,
    "execution_order_group": _ORDER,
    "policy_check": _POLICY,
    "custom_policy_check": _POLICY,
    "silence_pr_comments": _COMMENTS,
    "plan_requirements": Without("Driftline plans what is merged, so there is nothing to wait for"),
    "import_requirements": Without("Driftline imports by import blocks in the code", "driftline plan STACK"),
}
REPO: Partless = {
    "branch": _BRANCH,
    "pre_workflow_hooks": HOOK,
    "post_workflow_hooks": HOOK,
    "allowed_overrides": _OVERRIDES,
    "allow_custom_workflows": _OVERRIDES,
    "allowed_workflows": _OVERRIDES,
    "custom_policy_check": _POLICY,
    "policy_check": _POLICY,
    "repo_config_file": _SERVER,
    "repo_locking": _LOCKS,
    "repo_locks": _LOCKS,
    "checkout_strategy": Without("Driftline plans what is merged"),
    "delete_source_branch_on_merge": _MERGE,
    "silence_pr_comments": _COMMENTS,
    "plan_requirements": PROJECT["plan_requirements"],
    "import_requirements": PROJECT["import_requirements"],
    "template_overrides": _COMMENTS,
}
STEPS: Partless = {
    "policy_check": _POLICY,
    "show": Without("Driftline shows every plan by itself"),
    "import": PROJECT["import_requirements"],
    "state_rm": Without("Driftline removes by removed blocks in the code"),
}
DEFAULT = "default"
Workflows = Mapping[str, tuple[Reading, Node]]


def shows(top: Node) -> bool:
    """Whether the file has the keys of either kind."""
    keys = top.items.keys()
    return "repos" in keys or ("version" in keys and bool(keys & {"projects", "workflows", "autodiscover"}))


def read(readings: Sequence[Reading], layout: Layout) -> list[Project]:
    workflows: dict[str, tuple[Reading, Node]] = {}
    defaults: dict[str, Node] = {}
    for reading in readings:
        defaults |= _server(reading)
        for name, node in reading.top.items.get("workflows", reading.top).items.items():
            if "workflows" in reading.top.items:
                workflows[name] = (reading, node)
    projects = [
        project for reading in readings for project in _projects(reading, layout, workflows, defaults)
    ]
    for name, (reading, node) in workflows.items():
        unused = [leaf for leaf in node.leaves() if not reading.is_settled(leaf)]
        if unused:
            reading.note(node, f"no project uses the workflow {name}")
    return projects


def _server(reading: Reading) -> dict[str, Node]:
    """The workflow that the server names for every repository."""
    reading.without(reading.top, TOP)
    reading.text(reading.top, "version", "nothing: it is the version of the format")
    found: dict[str, Node] = {}
    for repo in reading.top.items.get("repos", reading.top).parts:
        reading.without(repo, REPO)
        if "id" in repo.items:
            reading.note(repo.items["id"], "which repositories there are", "sources in the configuration")
        _requirements(reading, repo)
        if (workflow := repo.items.get("workflow")) is not None and workflow.text:
            reading.keep(workflow, "the options of this workflow, in the stack files")
            found["workflow"] = workflow
    return found


def _projects(
    reading: Reading, layout: Layout, workflows: Workflows, defaults: Mapping[str, Node]
) -> Iterator[Project]:
    listed = reading.top.items.get("projects")
    discover = reading.top.items.get("autodiscover")
    if "repos" in reading.top.items:
        return
    for node in listed.parts if listed is not None else ():
        for project in _of_node(reading, node, layout):
            yield _with_workflow(project, reading, node, workflows, defaults, layout)
    mode = reading.text(discover, "mode", "which directories became stacks") if discover is not None else None
    ignored: tuple[str, ...] = ()
    if discover is not None and "ignore_paths" in discover.items:
        ignored = reading.texts(discover.items["ignore_paths"], "directories that became no stacks")
    if mode == "enabled" or (mode != "disabled" and listed is None):
        for project in root_modules(layout, ignored):
            made = replace(project, because=f"Atlantis discovers it: {project.because}", file=reading.file)
            yield _with_workflow(made, reading, reading.top, workflows, defaults, layout)


def _of_node(reading: Reading, node: Node, layout: Layout) -> Iterator[Project]:
    reading.without(node, PROJECT)
    folder = normal(reading.text(node, "dir", "the directory of the stack file") or "")
    if folder is None or "dir" not in node.items:
        reading.note(node, "a project needs a dir inside the repository")
        return
    distribution = reading.text(node, "terraform_distribution", "engine in the stack file")
    _requirements(reading, node)
    if "glob_file_match" in node.items:
        reading.note(
            node.items["glob_file_match"], "root modules are found by their blocks", "driftline init --scan"
        )
    base = Project(
        folder,
        name=reading.text(node, "name", "name of the stack"),
        because="a project of Atlantis",
        file=reading.file,
        line=node.line,
        workspace=reading.text(node, "workspace", "terraform_workspace in the stack file") or "default",
        engine="tofu" if distribution == "opentofu" else None,
        engine_version=_version(reading.text(node, "terraform_version", "engine_version in the stack file")),
        depends_on=reading.texts(node.items.get("depends_on"), "depends_on in the stack file"),
    )
    for path in matching(layout, folder) if is_glob(folder) else (folder,):
        yield replace(base, folder=path, watch=_watch(reading, node, path))


def _watch(reading: Reading, node: Node, folder: str) -> tuple[str, ...]:
    plan = node.items.get("autoplan")
    if plan is None:
        return ()
    enabled = plan.items.get("enabled")
    if enabled is not None and enabled.switch is not False:
        reading.keep(enabled, "every stack is planned when its code changes")
    elif enabled is not None:
        reading.note(
            enabled, "every stack is planned when its code changes", "paused: true in the stack file"
        )
    modified = plan.items.get("when_modified")
    return watched(reading, modified.parts, folder) if modified is not None else ()


def _requirements(reading: Reading, node: Node) -> None:
    given = node.items.get("apply_requirements")
    for part in given.parts if given is not None else ():
        if part.text == "approved":
            reading.keep(part, "apply.mode approved, which is the default")
        else:
            reading.note(
                part,
                "Driftline applies what is merged into the branch",
                "approvals.rules in the configuration",
            )


def _with_workflow(
    project: Project,
    reading: Reading,
    node: Node,
    workflows: Workflows,
    defaults: Mapping[str, Node],
    layout: Layout,
) -> Project:
    given = node.items.get("workflow")
    chosen = given if given is not None else defaults.get("workflow")
    name = chosen.text if chosen is not None and chosen.text else DEFAULT
    if name not in workflows:
        if given is not None and name != DEFAULT:
            reading.note(
                given, f"the workflow {name} is not in this file", "driftline import FILE REPOS.YAML"
            )
        elif given is not None:
            reading.keep(given, "the usual steps")
        return project
    if given is not None:
        reading.keep(given, "the options of this workflow, in the stack file")
    names = {
        "WORKSPACE": project.workspace,
        "PROJECT_NAME": project.name or "",
        "REPO_REL_DIR": project.folder,
    }
    where, flow = workflows[name]
    for stage in flow.items.values():
        for step in stage.items.get("steps", stage).parts:
            project = with_step(project, where, step, names, layout, STEPS)
    return project


def _version(text: str | None) -> str | None:
    return text.removeprefix("v") if text else None
