"""What people ask of a stack of a pool: it works on what the server has, or is refused with the next step, and runs nothing here."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from click.testing import CliRunner, Result
from needed import needs_terraform
from pool_world import Pool
from world import ANA, OBJECT

from runner.cli.main import main
from runner.errors import BelongsToPool
from runner.model.aws.place import Place
from runner.model.inventory.coverage import Judged
from runner.model.inventory.resource import CloudResource
from runner.model.run.life import State
from runner.ports.worker import WorkerPorts
from runner.service.operator import adopt_resources
from runner.service.operator.request import request_check

pytestmark = needs_terraform
RULES = "pool: eu\napply: {mode: automatic}\n"
HERE = Place("111122223333", "eu-west-1")
ARN = "arn:aws:sqs:eu-west-1:111122223333:mails"


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    """A stack whose state the server has, applied by a worker and drifted since."""
    with Pool(tmp_path_factory.mktemp("commands"), providers=True).served() as made:
        made.world.stack("web", rules=RULES, body=OBJECT)
        made.world.poll()
        (run,) = made.work()
        assert run.state is State.APPLIED, run.reason
        made.world.cloud_set(value="by hand")
        request_check(made.world.app.control, ["web"], ANA)
        made.work()
        assert made.world.report() is not None
        yield made


def says(pool: Pool, *words: str) -> Result:
    result = CliRunner().invoke(main, ["-c", str(pool.world.config), *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def refused(pool: Pool, *words: str) -> str:
    """What it says, on lines as long as they like."""
    before = pool.runs()
    result = says(pool, *words)
    assert (result.exit_code, pool.runs()) == (3, before), result.output
    return " ".join(result.output.split())


def test_drift_is_not_accepted_by_a_plan_on_the_host_of_the_server(pool: Pool) -> None:
    said = refused(pool, "drift", "accept", "dr-1")
    assert '"web" executes in pool eu' in said
    assert "driftline drift show dr-1" in said


def test_resources_are_not_adopted_by_a_plan_on_the_host_of_the_server(pool: Pool) -> None:
    with pool.world.app.store.writing() as writer:
        listing = writer.begin_listing(HERE)
        mails = CloudResource(HERE, "aws_sqs_queue", "https://sqs/mails", ARN, "mails")
        writer.save_listed(listing, HERE, [Judged(mails, None, None)])
        writer.end_listing(listing, HERE, [], [])
    nothing = cast("WorkerPorts", None)  # it is asked for nothing
    with (
        pytest.raises(BelongsToPool) as error,
        adopt_resources.adopting(pool.world.app.control, nothing, [ARN], "web"),
    ):
        pass
    assert "import blocks by hand" in (error.value.hint or "")


def test_a_state_is_not_imported_by_a_plan_here_but_pushed(pool: Pool, tmp_path: Path) -> None:
    pool.world.stack("fresh", rules=RULES, body=OBJECT)
    pool.world.poll()
    file = tmp_path / "terraform.tfstate"
    file.write_text(says(pool, "state", "pull", "web").stdout)
    said = refused(pool, "state", "import", "fresh", str(file), "--yes")
    assert "driftline state push fresh FILE" in said
    assert says(pool, "state", "push", "fresh", str(file)).exit_code == 0
    assert "fresh" in says(pool, "state", "list").output


def test_the_state_that_a_worker_made_is_shown_here(pool: Pool) -> None:
    shown = says(pool, "state", "show", "web", "--version", "1")
    assert "cloudfile_object.web" in shown.output


def test_a_stack_of_a_pool_is_locked_and_released_as_everywhere(pool: Pool) -> None:
    assert says(pool, "lock", "take", "web", "--reason", "to look").exit_code == 0
    assert "the state of stack" in says(pool, "lock", "force-unlock", "web", "--reason", "x").output
    assert says(pool, "lock", "release", "web", "--reason", "looked").exit_code == 0


def test_a_plan_that_a_person_asks_for_waits_for_a_worker(pool: Pool) -> None:
    result = says(pool, "plan", "web", "--no-wait")
    assert result.exit_code == 0, result.output
    assert pool.runs()[-1].state is State.QUEUED
