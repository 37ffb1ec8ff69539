"""Which stacks a role may be bound for."""

from pathlib import Path

import pytest
from cli_world import World

ACCESS = 'web: {{access: [{{role: viewer, subjects: ["token:ci"], stacks: ["{glob}"]}}]}}'


@pytest.mark.parametrize(
    ("glob", "said"),
    [("a" * 257, "at most 256 characters"), ("../**", "expected a stack name or a glob")],
    ids=["too long", "of no stack"],
)
def test_a_binding_for_what_can_be_no_stack_is_refused(tmp_path: Path, glob: str, said: str) -> None:
    world = World(tmp_path, more=ACCESS.format(glob=glob))
    assert said in world.run("config", "validate", expect=78).output


@pytest.mark.parametrize("glob", ["**", "*", "app/**", "*/web", "prod-[ab]/?", "app/web"])
def test_a_binding_for_stacks_is_taken(tmp_path: Path, glob: str) -> None:
    World(tmp_path, more=ACCESS.format(glob=glob)).run("config", "validate")
