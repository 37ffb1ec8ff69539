"""A plan is a list of named steps, each with a heading in the log and a duration that the run shows."""

import json
import re
from typing import Any

import pytest
from click.testing import CliRunner
from world import World

from runner.cli.main import main
from runner.model.plan.step import Step
from runner.model.run.life import Run, State
from runner.service.execution import plan as execution

RESOURCE = 'resource "terraform_data" "one" {{ input = "{value}" }}\n'
NO_SUCH_PROVIDER = (
    'terraform {{ required_providers {{ gone = {{ source = "nowhere.invalid/gone/gone" }} }} }}\n' + RESOURCE
)
PLANNED = ["prepare", "init", "plan", "show", "policy", "judge"]


def steps(world: World, run: Run) -> tuple[Step, ...]:
    with world.app.store.reading() as reader:
        return reader.steps(run.id)


def shown(world: World, *words: str) -> str:
    result = CliRunner().invoke(main, ["-c", str(world.config), *words])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_plan_that_is_offered_has_gone_through_every_step(plain: World) -> None:
    (run,) = plain.push(body=RESOURCE)
    done = steps(plain, run)
    assert [one.name for one in done] == [*PLANNED, "offer"]
    took = {one.name: one.seconds for one in done}
    assert took["plan"] > 0
    assert not any(one.failed for one in done)
    assert plain.headings(run) == PLANNED


def test_a_plan_that_changes_nothing_is_not_offered(plain: World) -> None:
    plain.applied(body=RESOURCE)
    (run,) = plain.push(body=RESOURCE + "# more\n")
    assert run.state is State.NO_CHANGES
    assert [one.name for one in steps(plain, run)] == PLANNED


def test_a_run_shows_how_long_each_step_took(plain: World) -> None:
    (run,) = plain.push(body=RESOURCE)
    document: Any = json.loads(shown(plain, "run", "show", run.name, "-o", "json"))
    assert [one["name"] for one in document["steps"]] == [*PLANNED, "offer"]
    assert all(one["seconds"] >= 0 and one["failed"] is False for one in document["steps"])
    (line,) = [line for line in shown(plain, "run", "show", run.name).splitlines() if "prepare" in line]
    assert re.fullmatch(r" *steps +prepare [\d.]+ s, init [\d.]+ s, plan .* s, offer [\d.]+ s", line)


def test_a_plan_that_fails_says_at_which_step(plain: World) -> None:
    (run,) = plain.push(body=NO_SUCH_PROVIDER)
    assert run.state is State.PLAN_FAILED
    done = steps(plain, run)
    assert [(one.name, one.failed) for one in done] == [("prepare", False), ("init", True)]
    assert " (failed)" in shown(plain, "run", "show", run.name)


def test_the_command_that_asked_for_the_plan_names_the_step_that_failed(plain: World) -> None:
    plain.push(body=NO_SUCH_PROVIDER)
    result = CliRunner().invoke(main, ["-c", str(plain.config), "plan", "web"])
    assert result.exit_code == 1
    assert "could not be planned (failed at init)" in result.stderr


def test_another_row_is_another_step(plain: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def cost(planning: execution.Planning) -> None:
        seen.append(planning.result.changes.summary.create)

    monkeypatch.setattr(execution, "STEPS", (*execution.STEPS, ("cost", cost)))
    (run,) = plain.push(body=RESOURCE)
    assert seen == [1]
    assert [one.name for one in steps(plain, run)] == [*PLANNED, "cost", "offer"]
    assert plain.headings(run)[-1] == "cost"
