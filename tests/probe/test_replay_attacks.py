"""What terraform would see and a replay might not: each change is found as by a full plan."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from probing_service import Beginnings, ReplayedWorld, beginnings, needs_terraform
from probing_world import FAULTY
from provider.cloudfile import edit
from provider.mirror import install

from runner.model.run.life import State
from runner.model.warm.provider import Way

__all__ = ("beginnings",)
pytestmark = needs_terraform

WORLDLY = Path(__file__).with_name("worldly_provider.py")
BODY = """\
terraform {{
  required_providers {{
    cloudfile = {{ source = "driftline/cloudfile" }}
  }}
}}
provider "cloudfile" {{
  path = "{cloud}"
}}
provider "cloudfile" {{
  alias = "second"
  path  = "{cloud}.second"
}}
provider "cloudfile" {{
  alias = "computed"
  path  = cloudfile_object.place.value
}}
resource "cloudfile_object" "web" {{
  name  = "web"
  value = "one"
  lifecycle {{
    ignore_changes = [tags]
  }}
}}
resource "cloudfile_object" "second" {{
  provider = cloudfile.second
  name     = "second"
  value    = "one"
}}
resource "cloudfile_object" "place" {{
  name  = "place"
  value = "{cloud}.third"
}}
data "cloudfile_lookup" "computed" {{
  provider = cloudfile.computed
  name     = "other"
}}
data "cloudfile_lookup" "judged" {{
  name = "other"
  lifecycle {{
    postcondition {{
      condition     = self.value != "forbidden"
      error_message = "This value is forbidden."
    }}
  }}
}}
data "cloudfile_glance" "state" {{ file = "{states}/later" }}
data "cloudfile_glance" "cloud" {{ file = "{cloud}.later" }}
data "cloudfile_glance" "key" {{ variable = "AWS_ACCESS_KEY_ID" }}
check "size" {{
  assert {{
    condition     = cloudfile_object.web.size == null
    error_message = "It has a size."
  }}
}}
moved {{
  from = cloudfile_object.old
  to   = cloudfile_object.web
}}
import {{
  to = cloudfile_object.web
  id = "web"
}}
removed {{
  from = cloudfile_object.gone
  lifecycle {{ destroy = false }}
}}
resource "terraform_data" "seen" {{
  input = [
    data.cloudfile_lookup.computed.value, data.cloudfile_lookup.judged.value, data.cloudfile_glance.state.value,
    data.cloudfile_glance.cloud.value, data.cloudfile_glance.key.value,
  ]
}}
"""


class WorldlyWorld(ReplayedWorld):
    def __init__(self, root: Path) -> None:
        super().__init__(root)
        install(root / "mirror", FAULTY, WORLDLY)
        self.states.mkdir()
        text = self.config.read_text().replace("env: [FAULTS,", "env: [FAULTS, AWS_ACCESS_KEY_ID,")
        allowed = f'/repository", allow: {{state_folders: ["{self.states}"]}}}}'
        self.config.write_text(text.replace('/repository"}', allowed))

    def _at(self, root: Path) -> None:
        super()._at(root)
        self.states = root / "states"


def begin(world: WorldlyWorld) -> None:
    with pytest.MonkeyPatch.context() as patch:
        tell(patch, world)
        for path in (world.cloud, third(world)):
            with edit(path) as objects:
                objects["other"] = {"value": "there"}
        with edit(world.cloud) as objects:
            objects["web"] = {"value": "one"}
        world.applied(body=BODY.replace("{states}", str(world.states)))
        assert world.clean()[0] is Way.COMPARED


def tell(patch: pytest.MonkeyPatch, world: WorldlyWorld) -> None:
    patch.setenv("FAULTS", str(world.orders))
    patch.setenv("AWS_ACCESS_KEY_ID", "of one account")


def third(world: WorldlyWorld) -> Path:
    return world.cloud.with_name(f"{world.cloud.name}.third")


@pytest.fixture
def worldly(beginnings: Beginnings, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorldlyWorld]:
    with beginnings.lent(begin, WorldlyWorld) as world:
        tell(monkeypatch, world)
        yield world


def put(path: Path, **attributes: object) -> None:
    with edit(path) as objects:
        for entry in objects.values():
            entry.update(attributes)


def second(world: WorldlyWorld) -> Path:
    return world.cloud.with_name(f"{world.cloud.name}.second")


ATTACKS: dict[str, Callable[[WorldlyWorld, pytest.MonkeyPatch], object]] = {
    "a-file-beside-states": lambda world, _: (world.states / "later").write_text("here"),
    "a-file-that-runs-may-write": lambda world, _: Path(f"{world.cloud}.later").write_text("here"),
    "credentials-of-another-account": lambda _, patch: patch.setenv(
        "AWS_ACCESS_KEY_ID", "of another account"
    ),
    "the-cloud-of-an-alias": lambda world, _: put(second(world), value="by hand"),
    "the-cloud-of-a-computed-configuration": lambda world, _: put(third(world), value="by hand"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_changed_anywhere_is_found(
    worldly: WorldlyWorld, monkeypatch: pytest.MonkeyPatch, attack: str
) -> None:
    assert worldly.clean() == (Way.REPLAYED, "")
    ATTACKS[attack](worldly, monkeypatch)
    assert worldly.check().state is State.DRIFTED


def test_a_postcondition_that_fails_is_found(worldly: WorldlyWorld) -> None:
    worldly.cloud_set("other", value="forbidden")
    run = worldly.check()
    assert run.state is State.PLAN_FAILED, run


SOURCES = """\
terraform {{
  required_providers {{
    cloudfile = {{ source = "driftline/cloudfile" }}
  }}
}}
provider "cloudfile" {{
  path = "{cloud}"
}}
resource "cloudfile_object" "web" {{
  name  = "{name}"
  value = "{value}"
}}
data "cloudfile_glance" "it" {{ FILE }}
"""


def test_a_data_source_that_tells_the_time_is_never_replayed(worldly: WorldlyWorld) -> None:
    """As the data sources of `hashicorp/time` and of a service that counts do. No plan depends on it."""
    worldly.applied("api", body=SOURCES.replace("FILE", 'file = "/proc/uptime"'))
    ways = [worldly.clean("api") for _ in range(5)]
    assert [way for way, _ in ways] == [Way.COMPARED, *[Way.PROBED] * 4], ways
    assert {reason for _, reason in ways[1:4]} == {
        "not replayed: the answer for data cloudfile_glance differs"
    }
    assert ways[4][1] == "not replayed: its answers differed 3 times although nothing had changed"


@pytest.mark.parametrize(
    ("file", "way"),
    [
        pytest.param('"${{path.module}}/notes.txt"', Way.REPLAYED, id="by-the-path-of-its-module"),
        pytest.param('"notes.txt"', Way.PROBED, id="by-its-name-alone"),
    ],
)
def test_a_file_of_the_stack_that_a_provider_reads_is_there_or_the_check_is_a_probe(
    worldly: WorldlyWorld, file: str, way: Way
) -> None:
    """As those of `hashicorp/archive` and `hashicorp/local` do, and programs of `hashicorp/external`."""
    worldly.commit_files({"api/notes.txt": "one"})
    worldly.applied("api", body=SOURCES.replace("FILE", f"file = {file}"))
    assert [worldly.clean("api")[0] for _ in range(2)] == [Way.COMPARED, way]


def test_what_the_code_ignores_is_probed_once_and_replayed_then(worldly: WorldlyWorld) -> None:
    worldly.cloud_set(tags={"by": "hand"})
    assert [worldly.clean()[0] for _ in range(2)] == [Way.PROBED, Way.REPLAYED]
