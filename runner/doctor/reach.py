"""Remote systems: Git remotes, and with --deep the AWS roles."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from runner.doctor.finding import Scene, failed, ok, scratch, warn
from runner.errors import DriftlineError
from runner.model.settings.context import furnished
from runner.model.settings.source import SourceSettings
from runner.model.stack.definition import AwsRoles
from runner.view.finding import Finding

DEADLINE = 15.0


def sources(scene: Scene) -> Iterator[Finding]:
    """One `ls-remote` each, with its credentials, all in parallel."""
    from runner.source.mirrors import GitMirrors

    configured = scene.settings.sources
    if not configured:
        yield warn(
            "sources", "none configured, so there is nothing to do",
            "driftline config schema   then add one under sources:",
        )  # fmt: skip
        return
    with scratch() as folder, ThreadPoolExecutor(min(8, len(configured))) as threads:
        git = GitMirrors(folder, DEADLINE)

        def ask(source: SourceSettings) -> Finding:
            check = f"source {source.name}"
            try:
                return ok(check, f"{source.branch} is at {git.head(source)[:12]}")
            except DriftlineError as error:
                return failed(check, error)

        yield from threads.map(ask, configured)


def aws_roles(scene: Scene) -> Iterator[Finding]:
    """Whether each role that a stack names can be assumed; it leaves a trace in CloudTrail, hence only with --deep."""
    wanted = sorted(_roles(scene), key=str) if scene.used else []
    if not scene.deep:
        yield ok("aws", f"stacks use {len(wanted)} roles; driftline doctor --deep tries to assume them")
        return
    from runner.engine.credentials import AwsCredentials

    credentials = AwsCredentials()
    for aws, for_apply in wanted:
        role = aws.apply_role if for_apply else aws.plan_role
        try:
            credentials.environment(aws, "doctor", for_apply=for_apply)
            yield ok("aws", f"{role} can be assumed")
        except DriftlineError as error:
            yield failed("aws", error)
    if not wanted:
        yield ok("aws", "no stack uses a role")


def _roles(scene: Scene) -> set[tuple[AwsRoles, bool]]:
    contexts = scene.app.settings.contexts
    with scene.app.store.reading() as reader:
        named = {furnished(contexts, stack.definition, stack.source).aws for stack in reader.stacks()}
    plan = {(replace(aws, apply_role=None), False) for aws in named if aws.plan_role}
    return plan | {(replace(aws, plan_role=None), True) for aws in named if aws.apply_role}
