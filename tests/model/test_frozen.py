"""Frozen classes behave as the standard library's, whose methods they compile late."""

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import field
from typing import Any

import pytest

from runner.model.values.frozen import FILLED, dataclass

Make = Callable[[type], Any]
LATE: Make = dataclass(frozen=True)
STANDARD: Make = dataclasses.dataclass(frozen=True)


def of(make: Make) -> tuple[Any, Any]:
    """A class with all that ours use, and one that is derived from it."""

    class Base:
        name: str
        size: int = 1
        parts: tuple[int, ...] = field(default_factory=tuple)
        seen: int = field(default=0, compare=False, repr=False)

        def __post_init__(self) -> None:
            if self.size < 0:
                raise ValueError("it has a size")

    base = make(Base)

    class Derived(base):  # type: ignore[misc, valid-type]
        more: bool = field(default=False, kw_only=True)

    return base, make(Derived)


@dataclass(frozen=True)
class Kept:
    name: str
    size: int = 1


CALLS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    (("a",), {}),
    (("a", 2), {"parts": (1,)}),
    ((), {"name": "a", "seen": 3}),
    ((), {}),
    (("a", 1, (), 0, 5), {}),
    (("a",), {"unknown": 1}),
    (("a", -1), {}),
]


def outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except (TypeError, ValueError, AttributeError) as error:
        return type(error), str(error)


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("call", CALLS)
def test_an_instance_is_made_and_refused_alike(
    which: int, call: tuple[tuple[Any, ...], dict[str, Any]]
) -> None:
    """Before the method is compiled, and afterwards."""
    late, standard = of(LATE)[which], of(STANDARD)[which]
    args, kwargs = call
    for _ in range(FILLED + 2):
        made = outcome(lambda: vars(late(*args, **kwargs)))
        assert made == outcome(lambda: vars(standard(*args, **kwargs)))


@pytest.mark.parametrize("which", [0, 1])
def test_the_method_is_compiled_once_there_are_some_instances(which: int) -> None:
    late = of(LATE)[which]
    for _ in range(FILLED):
        late("a")
    assert not inspect.isfunction(vars(late)["__init__"])
    late("a")
    assert inspect.isfunction(vars(late)["__init__"])


def test_a_thread_that_begins_while_another_one_compiles_a_method_gets_it_too() -> None:
    late, _ = of(LATE)
    begun = vars(late)["__repr__"]
    assert repr(late("a")) == begun.__get__(late("a"), late)()


def test_a_default_is_made_for_each_instance() -> None:
    late, _ = of(LATE)
    made = iter(range(2))

    @dataclass(frozen=True)
    class Counted(late):  # type: ignore[misc, valid-type]
        number: int = field(default_factory=lambda: next(made))

    assert [Counted("a").number, Counted("a").number] == [0, 1]


def test_whoever_inherits_from_a_class_fills_its_fields_through_it() -> None:
    base, _ = of(LATE)

    class Named(base):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            super().__init__("named", size=2)

    assert (Named().name, Named().size, Named().parts) == ("named", 2, ())


def test_equality_and_hash_look_at_the_same_fields() -> None:
    base, derived = of(LATE)
    assert base("a", seen=1) == base("a", seen=2) != base("b")
    assert hash(base("a", seen=1)) == hash(base("a", seen=2)) == hash(of(STANDARD)[0]("a"))
    assert base("a") != derived("a")
    assert {derived("a"): 1}[derived("a")] == 1
    assert derived("a", more=True) != derived("a")


@pytest.mark.parametrize(
    "change", [lambda it: setattr(it, "name", "b"), lambda it: delattr(it, "name")], ids=["set", "delete"]
)
def test_nothing_of_an_instance_changes(change: Callable[[Any], None]) -> None:
    late, standard = of(LATE)[0]("a"), of(STANDARD)[0]("a")
    with pytest.raises(dataclasses.FrozenInstanceError) as ours:
        change(late)
    with pytest.raises(dataclasses.FrozenInstanceError) as theirs:
        change(standard)
    assert str(ours.value) == str(theirs.value)


def test_whoever_inspects_a_class_that_was_never_made_sees_its_fields() -> None:
    late, standard = of(LATE)[1], of(STANDARD)[1]
    assert inspect.signature(late) == inspect.signature(standard)
    assert [one.name for one in dataclasses.fields(late)] == ["name", "size", "parts", "seen", "more"]
    assert late.__match_args__ == standard.__match_args__


def test_a_method_of_the_class_itself_stays() -> None:
    @dataclass(frozen=True)
    class Own:
        name: str

        def __repr__(self) -> str:
            return "own"

        def __hash__(self) -> int:
            return 7

    assert (repr(Own("a")), hash(Own("a"))) == ("own", 7)
    assert Own("a") == Own("a")


def test_without_equality_each_instance_is_its_own() -> None:
    @dataclass(frozen=True, eq=False)
    class Alone:
        name: str

    one = Alone("a")
    assert one != Alone("a")
    assert {one: 1}[one] == 1


def test_instances_are_copied_replaced_and_pickled() -> None:
    kept = Kept("a", 2)
    assert pickle.loads(pickle.dumps(kept)) == copy.copy(kept) == kept
    assert dataclasses.replace(kept, size=3) == Kept("a", 3)


def test_a_frozen_class_has_no_setter_of_its_own() -> None:
    class Loose:
        name: str

        def __setattr__(self, name: str, value: object) -> None: ...

    with pytest.raises(TypeError, match="Loose is frozen"):
        LATE(Loose)
