"""The garbage collector rests while anybody needs that, and is left as it was found."""

import gc
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from runner.host.uncollected import loading, uncollected


@pytest.fixture(autouse=True)
def collecting() -> Iterator[None]:
    gc.enable()
    yield
    gc.enable()
    gc.unfreeze()


def test_it_collects_again_when_the_last_that_asked_is_through() -> None:
    first, second = uncollected(), uncollected()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not gc.isenabled()
    second.__exit__(None, None, None)
    assert gc.isenabled()


def test_it_collects_again_after_an_error() -> None:
    with pytest.raises(ValueError, match="inside"), uncollected():
        raise ValueError("inside")
    assert gc.isenabled()


def test_who_has_switched_it_off_finds_it_off() -> None:
    gc.disable()
    with uncollected():
        pass
    assert not gc.isenabled()


def test_no_later_round_walks_through_what_was_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    with loading():
        module = ModuleType("loaded")
        monkeypatch.setitem(sys.modules, "loaded", module)
    assert not collected(module)
    assert gc.isenabled()


def test_what_exists_is_collected_where_nothing_was_loaded() -> None:
    with loading():
        made = ["no module"]
    assert collected(made)


def collected(thing: object) -> bool:
    return any(one is thing for one in gc.get_objects())
