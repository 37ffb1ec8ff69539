"""The provider or the proxy dies at any call of a plan, the schema is an old one, the package is exchanged meanwhile:
the plan is a full one, and lacks nothing.
"""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from probing_world import Stage, applied, faulty, faulty_mirror, needs_terraform, stage, wait_until
from provider.cloudfile import edit
from provider.mirror import CLOUDFILE, VERSION, platform_dir
from tf.gen import tfplugin_pb2 as pb

from runner.model.warm.provider import Way
from runner.ports.engine import EngineError, Fallback, Probed

pytestmark = needs_terraform
__all__ = ("applied", "faulty", "stage")

ROOT = Path(__file__).parents[2]
# Something of each kind that a plan asks a provider about; the object `web` has changed, and `api` is imported.
MORE = """\
data "cloudfile_lookup" "web" { name = "web" }
resource "cloudfile_object" "api" {
  name  = "api"
  value = "one"
}
import {
  to = cloudfile_object.api
  id = "api"
}
"""
CALLS = (
    "ReadResource",
    "GetProviderSchema",
    "ValidateProviderConfig",
    "ValidateResourceConfig",
    "ValidateDataResourceConfig",
    "ConfigureProvider",
    "UpgradeResourceState",
    "ReadDataSource",
    "PlanResourceChange",
    "ImportResourceState",
)
at_every_call = pytest.mark.parametrize("call", CALLS)
DYING = """\
import asyncio, os, signal, socket, sys
sys.path.insert(0, {root!r})
from runner.probe import proxy, server

answer = proxy._Connection.answer

async def dying(self, method, request):
    if method.endswith("/{call}"):
        open({died!r}, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return await answer(self, method, request)

proxy._Connection.answer = dying
asyncio.run(server.serve(socket.socket(fileno=int(sys.argv[1]))))
"""


@pytest.fixture
def varied(stage: Stage) -> Stage:
    stage.write(stage.main + MORE)
    with edit(stage.cloud) as objects:
        objects["web"]["value"] = "by hand"
        objects["api"] = {"value": "one"}
    stage.plan()  # with init, for the code is another one
    return stage


def plainly(stage: Stage, reason: str) -> None:
    """Everything is in the plan."""
    planned, facts = stage.look()
    assert planned.plan_file.name == "plan.tfplan"
    assert (facts.record.way, facts.disagreed) == (Way.PLAIN, "")
    assert reason in facts.record.reason
    document = stage.shown(planned)
    actions = {one["address"]: one["change"]["actions"] for one in document["resource_changes"]}
    assert actions == {"cloudfile_object.web": ["update"], "cloudfile_object.api": ["no-op"]}
    assert "importing" in document["resource_changes"][0]["change"]
    read = document["prior_state"]["values"]["root_module"]["resources"]
    assert {one["address"] for one in read} == {*actions, "data.cloudfile_lookup.web"}
    assert stage.living() == []


def test_without_a_death_it_is_planned_warm(varied: Stage) -> None:
    assert isinstance(varied.probe(), Probed)


@pytest.mark.repeats
@at_every_call
def test_a_provider_that_dies_at_a_call_leaves_the_plan_to_a_full_one(varied: Stage, call: str) -> None:
    for kept in (varied.data / "probe" / "cache").glob("*-*"):
        kept.unlink()
    varied.order(f"die-at-{call}")
    plainly(varied, "UNAVAILABLE")  # of this call, or of one at the same time
    assert varied.pids("dying")


@pytest.mark.repeats
@at_every_call
def test_a_proxy_that_dies_at_a_call_leaves_the_plan_to_a_full_one(
    varied: Stage, call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, died = tmp_path / "server.py", tmp_path / "died"
    script.write_text(DYING.format(root=str(ROOT), call=call, died=str(died)))
    monkeypatch.setattr("runner.probe.proxy_process.SERVER", script)
    plainly(varied, "the proxy exited too early")
    assert died.exists()


@pytest.mark.repeats
@pytest.mark.parametrize("attribute", ["value", "etag", "size"])
def test_a_schema_of_an_older_provider_leaves_the_plan_to_a_full_one(varied: Stage, attribute: str) -> None:
    """As if it had got into the cache: the code sets the first attribute, an output reads the second, and the third is in the
    state alone.
    """
    cache = varied.engine.prober.cache
    [provider] = varied.ready().providers
    whole = cache.schema(provider.checksum, 6)
    assert whole is not None
    schema = pb.GetProviderSchema.Response.FromString(whole)
    attributes = schema.resource_schemas["cloudfile_object"].block.attributes
    kept = [one for one in attributes if one.name != attribute]
    assert len(kept) == len(attributes) - 1
    del attributes[:]
    attributes.extend(kept)
    cache.keep_schema(provider.checksum, 6, schema.SerializeToString())
    plainly(varied, "")


def test_a_provider_whose_package_is_exchanged_meanwhile_does_not_count(
    applied: Stage, tmp_path: Path
) -> None:
    mirror = faulty_mirror(tmp_path / "mirror")
    stage = applied.copied(tmp_path / "stage", mirror=mirror)
    assert isinstance(stage.probe(), Probed)
    package = mirror / CLOUDFILE / VERSION / platform_dir()
    during(stage, (package / "more").touch)
    refused = stage.engine.plan(stage.execution())
    assert isinstance(refused, EngineError)
    assert "checksum" in " ".join(one.detail for one in refused.diagnostics)
    stage.engine.prober.close()


def during(stage: Stage, act: Callable[[], object]) -> None:
    """Do it while a provider is being asked."""
    stage.forget_processes()
    stage.order("hold")
    answers: list[Probed | Fallback | EngineError] = []
    thread = threading.Thread(target=lambda: answers.append(stage.probe()))
    thread.start()
    wait_until(lambda: stage.pids("hold"), "the provider is asked")
    act()
    (stage.orders / "hold").unlink()
    thread.join()
    [answer] = answers
    assert isinstance(answer, Fallback)
    assert answer.reason == "a provider's package was exchanged meanwhile"
