"""One stack's slow or large files cost its source's other stacks neither their discovery nor much time."""

import time

import pytest
from discover_world import Place

from runner.engine.modules import reading_time
from runner.service.discovery import time_limit

MEGABYTE = 990_000
# Each is at most a megabyte, and made so that a careless reader takes minutes.
SLOW = {
    "unclosed braces": "module x {\n" * (MEGABYTE // 11),
    "templates": 'module "m" {\n source = ' + '"${' * (MEGABYTE // 3),
    "heredocs": 'module "m" {\n' + "".join(f"a{i} = <<E{i}\n" for i in range(40_000)),
    "comments": "/* module */ " * (MEGABYTE // 13),
    "parentheses": 'module "m" {\n source = ' + "(" * MEGABYTE + "\n}\n",
    "escapes": 'module "m" {\n source = "' + "\\" * MEGABYTE + '"\n}\n',
    "blanks": 'module "m" {\n source' + " " * MEGABYTE + "\n}\n",
    "calls": "".join(f'module "m{i}" {{\n source = "./m{i}"\n}}\n' for i in range(20_000)),
    "conditionals": 'module "m" {\n count = ' + "a ? b : " * (MEGABYTE // 8) + "\n}\n",
    "dots": 'module "m" {\n source = ' + "a." * (MEGABYTE // 2) + "\n}\n",
}
STACKS = {
    "documents": "".join(f"---\nname: s{i}\n" for i in range(10_000)),
    "deep": "name: a\nvars: " + "{a: " * 15_000,
    "deep lists": "name: a\nlabels: " + "[" * 60_000,
    "dashes": "- " * 30_000,
    "anchors": "name: a\n"
    + "".join(f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 9)}]\n" for i in range(1, 500)),
    "megabyte": "name: a\n" + "# comment\n" * 100_000,
}


@pytest.fixture
def two(place: Place) -> Place:
    place.commit({"a/stack.yaml": "name: a\n", "z/stack.yaml": "name: z\n"})
    place.found()
    return place


def taken(place: Place, files: dict[str, str | bytes | None]) -> tuple[list[str], float]:
    place.commit(files)
    began = time.thread_time()
    names = [stack.definition.name for stack in place.found().stacks]
    return names, time.thread_time() - began


@pytest.mark.repeats
@pytest.mark.parametrize("content", SLOW.values(), ids=SLOW)
def test_code_that_is_slow_to_read_is_read_in_seconds_or_refused(two: Place, content: str) -> None:
    names, seconds = taken(two, {"a/main.tf": content})
    assert "z" in names
    assert seconds < 3


@pytest.mark.parametrize("content", STACKS.values(), ids=STACKS)
def test_a_stack_file_that_is_slow_to_read_is_refused_in_seconds(two: Place, content: str) -> None:
    names, seconds = taken(two, {"a/stack.yaml": content})
    assert "z" in names
    assert seconds < 3


def test_a_folder_whose_files_take_too_much_together_is_refused_alone(two: Place) -> None:
    huge: dict[str, str | bytes | None] = {f"a/{i}.tf": SLOW["comments"] for i in range(12)}
    names, _ = taken(two, huge)
    assert names == ["z"]


def test_a_file_that_takes_more_time_than_a_file_may_is_refused_alone(
    two: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_time, "SECONDS", 0.0)
    two.commit({"a/main.tf": 'module "m" {\n  source = "./m"\n}\n', "a/m/main.tf": ""})
    found = two.found()
    assert [stack.definition.name for stack in found.stacks] == ["z"]
    assert ["reading it takes more than 0 s" in problem.message for problem in found.problems] == [True]


def test_what_is_late_is_left_for_the_next_poll_and_small_files_come_first(
    two: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    def over(self: time_limit.Patience) -> bool:
        nonlocal looks
        looks += 1
        self.complete = self.complete and looks <= 1
        return looks > 1

    two.commit({"a/stack.yaml": "name: a\n# " + "x" * 5000, "z/stack.yaml": "name: z\n# new"})
    with monkeypatch.context() as patched:
        patched.setattr(time_limit.Patience, "over", property(over))
        found = two.found()
    assert (found.complete, [stack.definition.name for stack in found.stacks]) == (False, ["z"])
    assert any("not read yet" in problem.message for problem in found.problems)
    again = two.found()
    assert (again.complete, [stack.definition.name for stack in again.stacks]) == (True, ["a", "z"])
