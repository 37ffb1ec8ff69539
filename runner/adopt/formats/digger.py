"""Digger: `digger.yml` of a repository.

https://docs.digger.dev/ce/reference/digger.yml
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from runner.adopt.arguments import watched, with_variable
from runner.adopt.expand import matching, normal
from runner.adopt.node import Node
from runner.adopt.reading import Partless, Reading, Without
from runner.adopt.steps import with_step
from runner.model.adopt.layout import Layout
from runner.model.adopt.project import Project
from runner.model.adopt.roots import verdicts

_COMMENTS = Without("Driftline comments on no pull request")
_MERGE = Without("Driftline merges no pull request", "a setting of the forge")
_ENGINE = Without("Driftline runs terraform and tofu only")
_ORDER = Without(
    "layers order what one pull request changes", "depends_on in the stack file of what comes later"
)
_EXCLUDED = Without("a stack cannot leave files out", "narrower globs in watch of the stack file")
_LOCKS = Without("Driftline locks a stack by itself while a run needs it", "driftline lock take STACK")
_EVENTS = Without(
    "a stack is planned when its code on the branch changes, and applied after approval",
    "apply: {mode: automatic} in the stack file, after its first plan without changes",
)
_IDENTITY = Without(
    "Driftline assumes roles by its own identity", "aws in the stack file, or aws of a context"
)
_SECRET = Without(
    "the value is a secret of CI", "contexts in the configuration, with a reference such as ${cred:NAME}"
)

TOP: Partless = {
    "apply_after_merge": _EVENTS,
    "respect_layers": _ORDER,
    "allow_draft_prs": _EVENTS,
    "dependency_configuration": Without("a stack waits until those it depends on are applied"),
    "delete_prior_comments": _COMMENTS,
    "disable_digger_apply_comment": _COMMENTS,
    "disable_digger_apply_status_check": _COMMENTS,
    "comment_render_mode": _COMMENTS,
    "reporting": _COMMENTS,
    "pr_locks": _LOCKS,
    "auto_merge": _MERGE,
    "auto_merge_strategy": _MERGE,
    "trusted_appIDs": Without("it is about the forge"),
    "telemetry": Without("Driftline sends none"),
    "traverse_to_nested_projects": Without("every root module is its own stack"),
    "mention_drifted_projects_in_pr": _COMMENTS,
    "security": Without("roles are given to people and tokens", "web.access in the configuration"),
}
PROJECT: Partless = {
    "alias": Without("a stack has one name"),
    "branch": Without("a source follows one branch", "sources[].branch in the configuration"),
    "terragrunt": _ENGINE,
    "pulumi": _ENGINE,
    "pulumi_stack": _ENGINE,
    "workflow_file": Without("workflows of CI are not read"),
    "layer": _ORDER,
    "exclude_patterns": _EXCLUDED,
    "aws_cognito_oidc": _IDENTITY,
    "generated": Without("it is set by Digger"),
    "block_name": Without("a label of Digger"),
}
BLOCK: Partless = {**PROJECT, "terragrunt_parsing": _ENGINE}
WORKFLOW: Partless = {"workflow_configuration": _EVENTS}
DEFAULT = "default"


def shows(top: Node) -> bool:
    keys = top.items.keys()
    listed = top.items.get("projects")
    return "version" not in keys and (
        "generate_projects" in keys or (listed is not None and bool(listed.parts))
    )


def read(readings: Sequence[Reading], layout: Layout) -> list[Project]:
    return [project for reading in readings for project in _read(reading, layout)]


def _read(reading: Reading, layout: Layout) -> Iterator[Project]:
    reading.without(reading.top, TOP)
    seen: set[str] = set()
    for node, project in _all(reading, layout):
        if node.items.get("terragrunt", _NONE).switch or node.items.get("pulumi", _NONE).switch:
            reading.note(node, *_ENGINE)
            continue
        # A directory that is named is not generated again.
        if project.name is None and project.folder in seen:
            continue
        seen.add(project.folder)
        yield _with_workflow(project, reading, node, layout)
    for name, flow in reading.top.items.get("workflows", _NONE).items.items():
        if not any(reading.is_settled(leaf) for leaf in flow.leaves()):
            reading.note(flow, f"no project uses the workflow {name}")


_NONE = Node((), 1, {})


def _all(reading: Reading, layout: Layout) -> Iterator[tuple[Node, Project]]:
    for node in reading.top.items.get("projects", _NONE).parts:
        folder = normal(reading.text(node, "dir", "the directory of the stack file") or "")
        if folder is None or "dir" not in node.items:
            reading.note(node, "a project needs a dir inside the repository")
            continue
        reading.without(node, PROJECT)
        base = Project(
            folder,
            name=reading.text(node, "name", "name of the stack"),
            because="a project of Digger",
            depends_on=reading.texts(node.items.get("depends_on"), "depends_on in the stack file"),
        )
        yield node, _common(base, reading, node)
    generated = reading.top.items.get("generate_projects", _NONE)
    blocks = generated.items.get("blocks", _NONE).parts
    for node in (generated, *blocks):
        reading.without(node, BLOCK)
        for folder in _generated(reading, node, layout):
            yield node, _common(Project(folder, because="Digger generates it"), reading, node)


def _generated(reading: Reading, node: Node, layout: Layout) -> list[str]:
    """The root modules that the globs of a block match."""
    root = reading.text(node, "root_dir", "the directories with stack files")
    prefix = "" if root in {None, "", "."} else f"{root}/"
    found: dict[str, None] = {}
    out: set[str] = set()
    for key in ("include", "include_patterns"):
        if key in node.items and not (key == "include_patterns" and "include" in node.items):
            for pattern in reading.texts(node.items[key], "the directories with stack files"):
                found |= dict.fromkeys(_matching(layout, prefix + pattern))
    for key in ("exclude", "exclude_patterns"):
        if key in node.items and not (key == "exclude_patterns" and "include" in node.items):
            for pattern in reading.texts(node.items[key], "the directories without stack files"):
                out.update(_matching(layout, prefix + pattern))
    if root is not None and not found:
        found = dict.fromkeys(matching(layout, f"{prefix}**"))
    roots = {verdict.folder for verdict in verdicts(layout) if verdict.taken}
    return [folder for folder in found if folder in roots and folder not in out]


def _matching(layout: Layout, pattern: str) -> list[str]:
    """A glob of files, such as `live/**/*.tf`, means the directories that they are in."""
    folder, _, name = pattern.rpartition("/")
    return matching(layout, folder if name.endswith(".tf") and folder else pattern.rstrip("/"))


def _common(base: Project, reading: Reading, node: Node) -> Project:
    """What projects and generated ones both have."""
    tofu = node.items.get("opentofu")
    if tofu is not None:
        reading.keep(tofu, "engine in the stack file")
    workspace = reading.text(node, "workspace", "terraform_workspace in the stack file")
    project = replace(
        base,
        file=reading.file,
        line=node.line,
        engine="tofu" if tofu is not None and tofu.switch else None,
        workspace=workspace or "default",
        watch=_watch(reading, node, base.folder),
    )
    _requirements(reading, node)
    return _with_role(project, reading, node)


def _watch(reading: Reading, node: Node, folder: str) -> tuple[str, ...]:
    if "include_patterns" not in node.items or ("include" not in node.items and "dir" not in node.items):
        return ()
    return watched(reading, node.items["include_patterns"].parts, folder, top=True)


def _requirements(reading: Reading, node: Node) -> None:
    for part in node.items.get("apply_requirements", _NONE).parts:
        if part.text == "approved":
            reading.keep(part, "apply.mode approved, which is the default")
        else:
            reading.note(
                part,
                "Driftline applies what is merged into the branch",
                "approvals.rules in the configuration",
            )
    if (checked := node.items.get("drift_detection")) is not None:
        if checked.switch is False:
            reading.note(
                checked, "every stack is checked for drift", "a rarer drift.schedule in the stack file"
            )
        else:
            reading.keep(checked, "drift checks, which every stack has")


def _with_role(project: Project, reading: Reading, node: Node) -> Project:
    role = node.items.get("aws_role_to_assume")
    if role is None:
        return project
    command = reading.text(role, "command", "aws.plan_role and aws.apply_role in the stack file")
    state = role.items.get("state")
    if state is not None and state.text != command:
        reading.note(
            state, "one role is used for the state and for everything else", "let that role read the state"
        )
    elif state is not None:
        reading.keep(state, "aws.plan_role and aws.apply_role in the stack file")
    region = reading.text(role, "aws_role_region", "aws.region in the stack file")
    return replace(project, plan_role=command, apply_role=command, region=region)


def _with_workflow(project: Project, reading: Reading, node: Node, layout: Layout) -> Project:
    given = node.items.get("workflow")
    name = given.text if given is not None and given.text else DEFAULT
    flow = reading.top.items.get("workflows", _NONE).items.get(name)
    if given is not None and flow is None and name != DEFAULT:
        reading.note(given, f"the workflow {name} is not in this file")
    elif given is not None:
        reading.keep(given, "the options of this workflow, in the stack file")
    if flow is None:
        return project
    reading.without(flow, WORKFLOW)
    names = {"WORKSPACE": project.workspace, "PROJECT_NAME": project.name or ""}
    for stage in ("plan", "apply"):
        for step in flow.items.get(stage, _NONE).items.get("steps", _NONE).parts:
            project = with_step(project, reading, step, names, layout, {})
    for group in flow.items.get("env_vars", _NONE).items.values():
        for variable in group.parts:
            project = _with_variable(project, reading, variable, names)
    return project


def _with_variable(project: Project, reading: Reading, node: Node, names: Mapping[str, str]) -> Project:
    name, value, source = (node.items.get(key) for key in ("name", "value", "value_from"))
    if source is not None:
        reading.note(source, *_SECRET)
    if name is None or not name.text:
        return project
    reading.keep(name, "the name of the variable")
    return project if value is None else with_variable(project, reading, name.text, value, names)
