"""Two stacks of the Python provider whose checks are recorded, and what a test may do around them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from probing_service import Beginnings, ReplayedWorld, beginnings
from provider.cloudfile import edit

from runner.engine.command import CommandLineEngine
from runner.model.warm.provider import Way

__all__ = ("beginnings",)

PROVIDER = """\
terraform {{
  required_providers {{
    cloudfile = {{ source = "driftline/cloudfile" }}
  }}
}}
variable "token" {{
  default   = ""
  sensitive = true
}}
provider "cloudfile" {{
  path  = "{cloud}"
  token = var.token
}}
"""
OBJECT = (
    PROVIDER
    + """\
resource "cloudfile_object" "web" {{
  name  = "{name}"
  value = "{value}"
}}
data "cloudfile_lookup" "web" {{
  name       = "other"
}}
resource "terraform_data" "seen" {{
  input = data.cloudfile_lookup.web.value
}}
"""
)
REPLAYED = (Way.REPLAYED, "")
CANARY = "canary-4711"


def tell(patch: pytest.MonkeyPatch, world: ReplayedWorld) -> None:
    patch.setenv("FAULTS", str(world.orders))
    patch.setenv("TF_VAR_token", CANARY)


def record(world: ReplayedWorld) -> None:
    """Two stacks, each applied and checked once: that check was compared, and its calls are kept."""
    with pytest.MonkeyPatch.context() as patch:
        tell(patch, world)
        with edit(world.cloud) as objects:
            objects["other"] = {"value": "there"}
        for name in ("web", "other-stack"):
            world.applied(name, body=OBJECT)
            assert world.clean(name) == (Way.COMPARED, "first check with this code, engine and providers")


@pytest.fixture
def recorded(beginnings: Beginnings, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReplayedWorld]:
    with beginnings.lent(record, ReplayedWorld) as world:
        tell(monkeypatch, world)
        world.processes()
        yield world


def recordings(world: ReplayedWorld) -> dict[str, Path]:
    """By stack."""
    replays = engine(world).replays
    assert replays is not None
    return {name: replays.recordings.file(name) for name in ("web", "other-stack")}


def engine(world: ReplayedWorld) -> CommandLineEngine:
    assert isinstance(world.app.engine, CommandLineEngine)
    return world.app.engine
