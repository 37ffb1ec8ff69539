"""Terrateam: `.terrateam/config.yml` of a repository.

https://docs.terrateam.io/reference/configuration
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from runner.adopt.arguments import watched, with_arguments, with_variable
from runner.adopt.expand import is_glob, matching, normal, root_modules
from runner.adopt.node import Node
from runner.adopt.reading import Partless, Reading, Without
from runner.adopt.steps import HOOK
from runner.model.adopt.layout import Layout
from runner.model.adopt.project import Engine, Project
from runner.model.adopt.tag_query import Matches, Tagged, query
from runner.model.stack.definition import DEFAULT_WORKSPACE

_SERVER = Without("it is about the pull requests and runs of Terrateam")
_RUNS = Without("Driftline decides how many runs there are at a time", "executor.slots in the configuration")
_ENGINE = Without("Driftline runs terraform and tofu only")
_SCRIPT = Without("a script may generate anything", "run it, and import what it writes")
_IDENTITY = Without(
    "Driftline assumes roles by its own identity", "aws in the stack file, or aws of a context"
)
_AUTO = Without(
    "an imported stack waits for approval",
    "apply: {mode: automatic} in the stack file, after its first plan without changes",
)
_HEAL = Without("a reconciled drift is an apply, which waits for approval", "drift.action in the stack file")
_PEOPLE = Without(
    "people are named by the configuration", "approvals.rules in the configuration: one_of or from"
)
TOP: Partless = {
    "access_control": Without(
        "roles are given by rules", "web.access and approvals.rules in the configuration"
    ),
    "automerge": Without("Driftline merges no pull request", "a setting of the forge"),
    "batch_runs": _RUNS,
    "checkout_strategy": Without("Driftline plans what is merged"),
    "config_builder": _SCRIPT,
    "cost_estimation": Without("it is a scanner's work here", "checks in the configuration"),
    "create_and_select_workspace": Without("Driftline creates a missing workspace by itself"),
    "destination_branches": Without("a source follows one branch", "sources[].branch in the configuration"),
    "enabled": _SERVER,
    "hooks": HOOK,
    "indexer": Without("the modules that code calls are found by themselves"),
    "integrations": _SERVER,
    "notifications": Without("notifications are the operator's", "notifications in the configuration"),
    "parallel_runs": _RUNS,
    "storage": Without("Driftline keeps plans itself", "artifacts in the configuration"),
    "stacks": Without("a stack of Terrateam is a set of directories", "labels in the stack files"),
    "tags": Without("branches have no tags here", "a source for each branch"),
    "tree_builder": _SCRIPT,
}
WORKFLOW: Partless = {
    "cdktf": _ENGINE,
    "terragrunt": _ENGINE,
    "environment": _SERVER,
    "integrations": _SERVER,
    "runs_on": _SERVER,
    "lock_policy": Without("Driftline locks a stack by itself while a run needs it"),
}
WHEN: Partless = {
    "autoapply": _AUTO,
    "autoplan_draft_pr": _SERVER,
    "depends_on": Without("it is a query over tags", "depends_on in the stack file names stacks"),
}
CHECKS: Partless = {
    "merge_conflicts": Without("Driftline applies what is merged into the branch"),
    "status_checks": Without(
        "Driftline applies what is merged into the branch", "protect the branch in the forge"
    ),
    "require_ready_for_review_pr": Without("Driftline applies what is merged into the branch"),
    "apply_after_merge": Without("Driftline applies what is merged into the branch"),
}
# In UTC; away from the full hour, when everybody starts.
SCHEDULES = {"hourly": "17 * * * *", "daily": "17 4 * * *", "weekly": "17 4 * * mon", "monthly": "17 4 1 * *"}
_NONE = Node((), 1, {})
_STEPS = frozenset({"init", "plan", "apply"})


def shows(top: Node) -> bool:
    keys = top.items.keys()
    own = {
        "when_modified",
        "default_tf_version",
        "checkout_strategy",
        "parallel_runs",
        "apply_requirements",
        "engine",
    }
    return "projects" not in keys and (bool(top.items.get("dirs", _NONE).items) or bool(keys & own))


def read(readings: Sequence[Reading], layout: Layout) -> list[Project]:
    return [project for reading in readings for project in _read(reading, layout)]


def _read(reading: Reading, layout: Layout) -> Iterator[Project]:
    top = reading.top
    reading.without(top, TOP)
    reading.text(top, "version", "nothing: it is the version of the format")
    engine, version = _engine(reading, top)
    version = version or reading.text(top, "default_tf_version", "engine_version in the stack file")
    _when(reading, top, ".")
    spaces = [*_named(reading, layout)]
    spaces += _found(reading, layout, {project.folder for project, _ in spaces})
    flows = [(_query(reading, node), node) for node in top.items.get("workflows", _NONE).parts]
    drift, approvals = _schedules(reading), _approvals(reading)
    for project, tags in spaces:
        tagged = Tagged(tags, project.folder, project.workspace)
        base = replace(project, engine=engine, engine_version=version)
        flow = next((node for matches, node in flows if matches(tagged)), None)
        if flow is not None:
            base = _with_workflow(base, reading, flow, layout)
        yield replace(
            base,
            drift_schedule=next((cron for matches, cron in drift if matches(tagged)), None),
            approvals=next((count for matches, count in approvals if matches(tagged)), None),
        )


def _query(reading: Reading, node: Node) -> Matches:
    given = node.items.get("tag_query")
    matches = query(given.text or "") if given is not None else query("")
    if matches is None and given is not None:
        reading.note(given, "this query is not understood, and matches nothing here")
    elif given is not None:
        reading.keep(given, "the stacks that it matches")
    return matches or (lambda _: False)


def _named(reading: Reading, layout: Layout) -> Iterator[tuple[Project, frozenset[str]]]:
    """The directories of the file. A name counts before a glob that matches it too."""
    seen: set[str] = set()
    dirs = reading.top.items.get("dirs", _NONE).items
    for name in sorted(dirs, key=is_glob):
        path, node = normal(name), dirs[name]
        folders = matching(layout, name) if is_glob(name) else [path] if path is not None else []
        if not folders:
            reading.note(node, "no directory with code has this name")
        elif not node.items:
            reading.keep(node, "the directory of the stack file")
        for folder in folders:
            if folder not in seen:
                seen.add(folder)
                yield from _of_dir(reading, folder, node)


def _found(reading: Reading, layout: Layout, seen: set[str]) -> Iterator[tuple[Project, frozenset[str]]]:
    """Terrateam also runs in directories that its file does not name."""
    for project in root_modules(layout):
        if project.folder not in seen:
            because = f"Terrateam finds it: {project.because}"
            yield replace(project, because=because, file=reading.file), frozenset()


def _of_dir(reading: Reading, folder: str, node: Node) -> Iterator[tuple[Project, frozenset[str]]]:
    reading.without(node, {"create_and_select_workspace": TOP["create_and_select_workspace"]})
    tags = frozenset(reading.texts(node.items.get("tags"), "labels in the stack file"))
    watch = _when(reading, node, folder)
    spaces = {**node.items.get("stacks", _NONE).items, **node.items.get("workspaces", _NONE).items}
    for workspace, inner in (spaces or {DEFAULT_WORKSPACE: _NONE}).items():
        if inner is not _NONE and not inner.items:
            reading.keep(inner, "terraform_workspace in the stack file")
        own = tags | frozenset(reading.texts(inner.items.get("tags"), "labels in the stack file"))
        project = Project(
            folder,
            because="a directory of Terrateam",
            file=reading.file,
            line=inner.line if inner is not _NONE else node.line,
            workspace=workspace,
            watch=tuple(dict.fromkeys((*watch, *_when(reading, inner, folder)))),
            labels=dict(map(_label, sorted(own))),
        )
        yield project, own


def _label(tag: str) -> tuple[str, str]:
    """`env:prod` is a label with a value."""
    key, colon, value = tag.partition(":")
    return (key, value) if colon else (tag, "true")


def _when(reading: Reading, node: Node, folder: str) -> tuple[str, ...]:
    when = node.items.get("when_modified", _NONE)
    reading.without(when, WHEN)
    if (plan := when.items.get("autoplan")) is not None:
        if plan.switch is False:
            reading.note(
                plan, "every stack is planned when its code changes", "paused: true in the stack file"
            )
        else:
            reading.keep(plan, "every stack is planned when its code changes")
    patterns = [_of_folder(part, folder) for part in when.items.get("file_patterns", _NONE).parts]
    return watched(reading, patterns, folder, top=True)


def _of_folder(node: Node, folder: str) -> Node:
    """Terrateam sets a variable for the directory that a pattern stands for."""
    text = node.text
    return node if text is None else replace(node, value=text.replace("${DIR}", folder))


def _engine(reading: Reading, node: Node) -> tuple[Engine | None, str | None]:
    given = node.items.get("engine", _NONE)
    name = given.items.get("name")
    if name is not None and name.text not in {"terraform", "tofu"}:
        reading.note(given, *_ENGINE)
        return None, None
    if name is None:
        return None, None
    reading.keep(name, "engine in the stack file")
    return "tofu" if name.text == "tofu" else "terraform", reading.text(
        given, "version", "engine_version in the stack file"
    )


def _schedules(reading: Reading) -> list[tuple[Matches, str]]:
    drift = reading.top.items.get("drift", _NONE)
    enabled = drift.items.get("enabled")
    if enabled is not None:
        reading.keep(enabled, "drift checks, which every stack has")
    wanted = enabled is not None and enabled.switch is True
    found = []
    for node in drift.items.get("schedules", _NONE).items.values() or (drift,):
        reading.without(
            node, {"reconcile": _HEAL, "window": Without("a check runs at the time of its schedule")}
        )
        schedule = node.items.get("schedule")
        matches = _query(reading, node) if node is not drift or "tag_query" in node.items else query("")
        if schedule is None or matches is None:
            continue
        cron = SCHEDULES.get(schedule.text or "")
        if cron is None or not wanted:
            reading.note(
                schedule, "it is off, or not one of hourly, daily, weekly, monthly", "drift.schedule"
            )
        else:
            reading.keep(schedule, "drift.schedule in the stack file")
            found.append((matches, cron))
    return found


def _approvals(reading: Reading) -> list[tuple[Matches, int]]:
    given = reading.top.items.get("apply_requirements", _NONE)
    for key in ("create_pending_apply_check", "create_completed_apply_check_on_noop"):
        reading.without(given, {key: _SERVER})
    checks = given.items.get("checks", _NONE)
    found = []
    for node in checks.parts or (checks,):
        reading.without(node, CHECKS)
        matches = _query(reading, node)
        approved = node.items.get("approved", _NONE)
        reading.without(
            approved, {"all_of": _PEOPLE, "any_of": _PEOPLE, "require_completed_reviews": _SERVER}
        )
        enabled = approved.items.get("enabled")
        if enabled is not None:
            reading.keep(enabled, "apply.approvals in the stack file")
        count = approved.items.get("count", approved.items.get("any_of_count"))
        if count is not None and count.number and enabled is not None and enabled.switch:
            reading.keep(count, "apply.approvals in the stack file")
            found.append((matches, count.number))
        elif count is not None:
            reading.note(count, "the check is off; one approval is needed all the same", "approvals.required")
    return found


def _with_workflow(project: Project, reading: Reading, flow: Node, layout: Layout) -> Project:
    reading.without(flow, WORKFLOW)
    engine, version = _engine(reading, flow)
    version = version or reading.text(flow, "terraform_version", "engine_version in the stack file")
    project = replace(
        project, engine=engine or project.engine, engine_version=version or project.engine_version
    )
    names = {"TERRATEAM_WORKSPACE": project.workspace, "TERRATEAM_DIR": project.folder}
    for stage in ("plan", "apply"):
        for step in flow.items.get(stage, _NONE).parts:
            project = _with_step(project, reading, step, names, layout)
    return project


def _with_step(
    project: Project, reading: Reading, step: Node, names: dict[str, str], layout: Layout
) -> Project:
    kind = step.items.get("type")
    if kind is None or kind.text not in _STEPS:
        oidc = kind is not None and kind.text == "oidc"
        reading.note(step, *(_IDENTITY if oidc else HOOK))
        return project
    reading.keep(kind, "a step that Driftline takes itself")
    options = step.items.get("extra_args", _NONE).parts
    project = with_arguments(project, reading, options, names, layout)
    for name, value in step.items.get("env", _NONE).items.items():
        project = with_variable(project, reading, name, value, names)
    return project
