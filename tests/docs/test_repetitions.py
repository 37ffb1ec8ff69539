"""What a run leaves out only repeats what it takes, and it says so."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from repetitions import ALL, SLICES, Repetitions, function_of, repetitions, slice_of, slice_of_commit


@dataclass
class Asked:
    args: list[str] = field(default_factory=list)

    @property
    def hook(self) -> "Asked":
        return self

    def pytest_deselected(self, items: list[Any]) -> None: ...


@dataclass
class One:
    nodeid: str
    marks: tuple[pytest.Mark, ...] = ()
    callspec: Any = None

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return next((mark for mark in self.marks if mark.name == name), None)


THOROUGH, AWS = pytest.mark.thorough.mark, pytest.mark.aws.mark
MANY = [f"t.py::test[{number}]" for number in range(100)]


def taken(number: int, *tests: One, named: str = "tests") -> list[str]:
    items: list[Any] = list(tests)
    Repetitions(number).pytest_collection_modifyitems(Asked([named]), items)  # type: ignore[arg-type]
    return [item.nodeid for item in items]


def test_every_repetition_has_a_test_that_always_runs(request: pytest.FixtureRequest) -> None:
    known = repetitions(request.config)
    files = {function.partition("::")[0] for function in [*known.always, *known.repeated]}
    alone = {
        test: of
        for test, of in known.repeated.items()
        if of not in known.always and of.partition("::")[0] in files
    }
    assert alone == {}


def test_every_file_keeps_a_test_that_always_runs(request: pytest.FixtureRequest) -> None:
    known = repetitions(request.config)
    kept = {function.partition("::")[0] for function in known.always}
    assert {test.partition("::")[0] for test in known.repeated} - kept == set()


def test_each_repetition_is_in_one_slice() -> None:
    tests = [One(name, (THOROUGH,)) for name in MANY]
    slices = [taken(number, *tests) for number in range(SLICES)]
    assert sorted(name for one in slices for name in one) == sorted(MANY)
    assert all(slices)


def test_what_is_no_repetition_is_in_every_slice() -> None:
    tests = [One(name) for name in MANY]
    assert all(taken(number, *tests) == MANY for number in range(SLICES))


def test_a_thorough_run_leaves_nothing_out() -> None:
    assert taken(ALL, *(One(name, (THOROUGH, AWS)) for name in MANY)) == MANY


def test_a_repetition_on_aws_is_in_no_slice() -> None:
    name = MANY[0]
    assert taken(slice_of(name), One(name, (THOROUGH,))) == [name]
    assert taken(slice_of(name), One(name, (THOROUGH, AWS))) == []


def test_a_test_that_is_named_is_run() -> None:
    tests = [One(name, (THOROUGH,)) for name in MANY]
    assert taken(0, *tests, named="t.py::test") == MANY


def test_commits_differ_in_their_slices_and_one_commit_never_does() -> None:
    commits = [f"{number:08x}" for number in range(SLICES)]
    assert {slice_of_commit(commit) for commit in commits} == set(range(SLICES))
    assert slice_of_commit("") == 0


def test_the_summary_says_what_was_left_out_and_how_to_run_it() -> None:
    said = Repetitions(3, taken=5, left_out=40).summary()
    assert said.startswith(f"REPETITIONS: 40 left out; 5 ran, slice 3 of {SLICES}")
    assert "./scripts/test --slice 3" in said
    assert "./scripts/test --thorough" in said
    assert Repetitions(ALL, taken=45).summary() == "REPETITIONS: all 45 ran"


@dataclass
class Spec:
    params: dict[str, int]


@pytest.mark.parametrize(
    ("names", "kept"), [((), ["t.py::test[0-0]"]), (("forge",), ["t.py::test[0-0]", "t.py::test[1-0]"])]
)
def test_the_first_of_each_kind_always_runs(names: tuple[str, ...], kept: list[str]) -> None:
    repeats = pytest.mark.repeats(*names).mark
    tests = [
        One(f"t.py::test[{forge}-{body}]", (repeats,), Spec({"forge": forge, "body": body}))
        for forge in range(2)
        for body in range(2)
    ]
    others = set.intersection(*(set(taken(number, *tests)) for number in range(SLICES)))
    assert sorted(others) == kept


@pytest.mark.repeats("half")
@pytest.mark.parametrize("row", range(2))
@pytest.mark.parametrize("half", ["left", "right"])
def test_a_real_matrix_has_a_first_row_for_each_value(
    request: pytest.FixtureRequest, half: str, row: int
) -> None:
    function = function_of(request.node.nodeid)
    repeated = {test for test in repetitions(request.config).repeated if function_of(test) == function}
    assert repeated <= {f"{function}[left-1]", f"{function}[right-1]"}
    assert repeated
