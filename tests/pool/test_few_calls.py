"""How often a worker asks its server for one run, and that nothing is lost by asking less often."""

import httpx2
import pytest
from applied_once import approved
from pool_world import Pool

from runner.api.http import WORK
from runner.artifact.store import ArtifactStore
from runner.errors import ArtifactStoreFailed, NotLoggedIn
from runner.model.run.life import State
from runner.model.work.protocol import SMALL, Wanted
from runner.pool.client import WorkClient
from runner.service.execution.known_secrets import ARTIFACT
from runner.service.work.known import known_artifacts
from runner.service.work.silent import expire_leases


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Those of workers, without the log of a run as it grows."""
    made, real = list[str](), httpx2.HTTPTransport.handle_request

    def handle(line: httpx2.HTTPTransport, request: httpx2.Request) -> httpx2.Response:
        made.append(f"{request.method} {request.url.path.removeprefix(WORK)}")
        return real(line, request)

    monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", handle)
    monkeypatch.setattr("runner.pool.line.LOOK_SECONDS", 60.0)
    return made


def test_a_plan_takes_a_claim_the_tree_and_a_result(pool: Pool, calls: list[str]) -> None:
    pool.stack()
    pool.work()
    assert calls == ["POST /runs/1/claim", "GET /runs/1/tree", "POST /runs/1/result"]
    log = pool.world.app.workspaces.log(1).read_text()
    assert log.startswith("=== prepare\n")
    assert "=== judge\n" in log


def test_an_apply_takes_a_claim_the_gate_and_a_result(pool: Pool, calls: list[str]) -> None:
    attempt = approved(pool)
    calls.clear()
    pool.worker().take(1, attempt)
    assert pool.run().state is State.APPLIED, pool.run().reason
    assert calls == ["POST /runs/1/claim", "POST /runs/1/gate", "POST /runs/1/result"]


def test_a_plan_whose_artifacts_the_server_cannot_store_has_failed_with_the_reason(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise ArtifactStoreFailed(store="artifacts", problem="No space left on device")

    monkeypatch.setattr(ArtifactStore, "put", full)
    pool.stack()
    (run,) = pool.work()
    assert run.state is State.PLAN_FAILED
    assert "No space left on device" in run.reason


def test_a_plan_that_the_server_refuses_to_take_is_made_again(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise NotLoggedIn

    pool.stack()
    worker = pool.worker()
    ((run, attempt),) = pool.offer()
    with monkeypatch.context() as cut:
        cut.setattr(WorkClient, "result", refused)
        worker.take(run, attempt)
    assert pool.run().state is State.PLANNING
    worker.finish_left()
    pool.pass_time(minutes=1)
    expire_leases(pool.world.app.control)
    pool.work(worker)
    assert pool.run().state is State.AWAITING_APPROVAL, pool.run().reason


def test_an_artifact_that_is_too_large_for_the_claim_is_asked_for(pool: Pool) -> None:
    pool.stack()
    pool.offer()
    artifacts = pool.world.app.artifacts
    artifacts.put(1, ARTIFACT, b"x" * (SMALL + 1))
    with WorkClient.of(pool.worker().settings) as client:
        granted = client.claim(1, Wanted(1, "w-1", "eu", "p"))
        assert granted.known == ()
        assert len(client.artifact(1, granted.fence, ARTIFACT, of=1)) == SMALL + 1
        artifacts.put(1, ARTIFACT, b"small")
        assert [one.content for one in known_artifacts(artifacts, granted.job)] == [b"small"]
        artifacts.remove(1, ARTIFACT)
        assert [one.content for one in known_artifacts(artifacts, granted.job)] == [None]


def test_a_result_that_is_too_large_ends_the_run_without_its_details(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = approved(pool)
    monkeypatch.setattr("runner.web.work.routes.RESULT", 600)
    pool.worker().take(1, attempt)
    run = pool.run()
    assert run.state is State.APPLIED, run.reason
    assert "exceeds 600 bytes" in run.reason
    pool.stack("other")
    other = pool.work()[-1]
    assert other.state is State.PLAN_FAILED
    assert "exceeds 600 bytes" in other.reason
