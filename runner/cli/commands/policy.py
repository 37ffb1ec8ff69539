"""`driftline policy`: which policies judge which stacks, run their tests, try them on a plan."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.api.policies import list_policies
from runner.cli import suggest
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option
from runner.cli.screen.policy import policies_screen, tests_screen, trial_screen
from runner.errors import BadUsage, Blocked, DriftlineError, OutputNotUnderstood
from runner.view.policy import test_rows, trial_page

if TYPE_CHECKING:
    from runner.policy.evaluation import Evaluation

LARGEST_PLAN = 1 << 30


@click.group()
def command() -> None:
    """List policies, run their tests, and try them on a plan."""


@command.command("list")
@output_option
@pass_cli
def list_(cli: Cli, output: str) -> int:
    """List policies and checks with the stacks that they judge. Exits with 1 if one cannot be evaluated."""
    cli.begin_to_list()
    rows = cli.call(list_policies)
    cli.present(output, rows, policies_screen)
    return 1 if any(row.problem for row in rows) else 0


@command.command()
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, path_type=Path))
@click.option("--engine", type=click.Choice(["auto", "regopy", "opa"]), default="auto", help="Engine.")
@output_option
@pass_cli
def test(cli: Cli, folder: Path, engine: str, output: str) -> int:
    """Run the test_ rules in DIR, as opa test does; needs no configuration. Exits with 1 if one fails."""
    from runner.model.policy.question import Failure
    from runner.model.settings.policy import Policy
    from runner.policy.folder import read_policy

    policy = Policy("tested", folder, engine=engine)  # type: ignore[arg-type]  # one of the choices
    with _place() as place:
        found = _evaluation(place).tests(read_policy(policy), _below(place))
    if isinstance(found, Failure):
        raise DriftlineError(
            f"{folder} cannot be tested: {found.message}",
            hint=f"fix it, then   driftline policy test {folder}",
        )
    if not found:
        raise DriftlineError(
            f"{folder} has no tests: rules whose names begin with test_", hint="ls " + str(folder)
        )
    rows = test_rows(found)
    cli.present(output, rows, tests_screen)
    return 1 if any(row.result in {"fail", "error"} for row in rows) else 0


@command.command()
@click.option(
    "--plan",
    "plan",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Plan as JSON, from terraform show -json PLANFILE.",
)
@click.option("--stack", shell_complete=suggest.stacks, help="Judge it as a plan of this stack.")
@output_option
@pass_cli
def eval(cli: Cli, plan: Path, stack: str | None, output: str) -> int:  # noqa: A001 -- the command's name
    """Judge a plan by policies and guardrails without running anything. Exits with 3 if it is denied.

    Without --stack, all policies and the default guardrails judge it. Checks are not run.
    """
    from runner.host.files import read_foreign
    from runner.model.plan.reading import parse_document
    from runner.service.approval.try_plan import try_plan

    app = cli.app
    try:
        document = parse_document(read_foreign(plan.resolve(), LARGEST_PLAN))
    except OutputNotUnderstood as error:
        raise BadUsage(
            f"{plan} is not a plan as JSON", hint="terraform show -json PLANFILE > plan.json"
        ) from error
    tried = partial(try_plan, app.settings, app.policies, app.judge, document, plan.resolve())
    with _place() as place:
        if stack is None:
            found = tried(place)
        else:
            with app.store.reading() as reader:
                found = tried(place, reader.stack(stack), reader)
    page = trial_page(found, stack)
    cli.present(output, page, trial_screen)
    return Blocked.exit_code if page.decision == "deny" else 0


@contextmanager
def _place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="driftline-policy-") as folder:
        yield Path(folder).resolve()


def _below(place: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=place))


def _evaluation(place: Path) -> "Evaluation":
    """Without an installation, which a CI does not have."""
    from runner.engine.environment import inherited
    from runner.engine.sandbox_policy import SandboxPolicy
    from runner.model.settings.server import Settings
    from runner.policy.evaluation import Evaluation

    handed = inherited(os.environ, ())
    return Evaluation(SandboxPolicy(Settings(place / "none"), (), handed, os.environ).apart)
