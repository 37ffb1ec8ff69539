"""`@dataclass(frozen=True)` as the standard library has it, with methods that are compiled when they are first used.

A command imports some 300 of these classes and makes few of them. The standard library compiles six methods of each while
it is imported, which took 40 % of a short command's time. Compiling `__init__` takes as long as filling fifty instances
without it, and most classes that a command makes have one or two: it is compiled when there are more.
"""

import dataclasses
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

C = TypeVar("C", bound=type)

FILLED = 16  # instances of a class, before its `__init__` is compiled


class _Later:
    """A method of many classes, which replaces itself in each when it is first looked at there."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: object | None, owner: type) -> Any:
        if instance is None and self.name == "__hash__":
            return self  # each default of a field is asked whether it has one
        if isinstance(instance, type):  # `inspect.signature` binds it to its class, since Python 3.13
            return self.__get__(None, instance).__get__(instance, owner)
        definer = self.definer(owner)
        if definer is None:  # another thread was faster
            compiled = getattr(owner, self.name)
        else:
            compiled = _compiled(definer, self.name)
            setattr(definer, self.name, compiled)
        return compiled.__get__(instance, owner)

    def __call__(self, instance: object) -> int:
        return hash(instance)

    def definer(self, owner: type) -> type | None:
        """The class itself, or the one that it has the method from; None once it is compiled."""
        return next((one for one in owner.__mro__ if one.__dict__.get(self.name) is self), None)


class _FillsFirst(_Later):
    """An `__init__` that is compiled once there are some instances, or when somebody looks at it."""

    def __init__(self) -> None:
        super().__init__("__init__")
        self._made: Counter[type] = Counter()

    def __get__(self, instance: object | None, owner: type) -> Any:
        definer = self.definer(owner)
        if definer is not None and instance is not None:
            self._made[definer] += 1
            if self._made[definer] <= FILLED:
                return partial(_fill, definer, instance)
        return super().__get__(instance, owner)


_LATER = {
    "__init__": _FillsFirst(),
    **{name: _Later(name) for name in ("__repr__", "__eq__", "__hash__")},
}


def _fill(definer: type, instance: object, /, *args: Any, **given: Any) -> None:
    """As the compiled method would, which has the error of a call that it refuses."""
    values = _values(definer, args, given)
    if values is None:
        compiled = getattr(definer, "__init__")  # noqa: B009 - mypy knows only that of the instance's class
        compiled(instance, *args, **given)
        return
    vars(instance).update(values)
    if hasattr(instance, "__post_init__"):
        instance.__post_init__()


def _values(definer: type, args: tuple[Any, ...], given: dict[str, Any]) -> dict[str, Any] | None:
    """Of each field; None for a call that has too many arguments, or too few."""
    fields = [one for one in dataclasses.fields(definer) if one.init]
    in_order = [one.name for one in fields if not one.kw_only]
    said = dict(zip(in_order, args, strict=False))
    if len(args) > len(said) or not said.keys().isdisjoint(given):
        return None
    said |= given
    values = {}
    for one in fields:
        if one.name in said:
            values[one.name] = said.pop(one.name)
        elif one.default is not dataclasses.MISSING:
            values[one.name] = one.default
        elif one.default_factory is not dataclasses.MISSING:
            values[one.name] = one.default_factory()
        else:
            return None
    return None if said else values


@dataclasses.dataclass(frozen=True)
class _Frozen:
    """Has the parameters of a frozen dataclass."""


@dataclasses.dataclass
class _Open:
    """Has those of one that is not, for which less is compiled."""


def _compiled(definer: type, name: str) -> Callable[..., Any]:
    """The standard library's, of a class that has the same fields and is not used for anything else."""
    frozen = name == "__init__"
    fields = {"__dataclass_fields__": vars(definer)["__dataclass_fields__"]}
    like = _Frozen if frozen else _Open
    base = type("_Fields", (), fields | {"__dataclass_params__": vars(like)["__dataclass_params__"]})
    body = {"__module__": definer.__module__, "__qualname__": definer.__qualname__, "__doc__": name}
    if hasattr(definer, "__post_init__"):
        body["__post_init__"] = ""  # all that counts is that there is one
    made: type = dataclasses.dataclass(
        init=frozen,
        frozen=frozen,
        repr=name == "__repr__",
        eq=name == "__eq__",
        unsafe_hash=name == "__hash__",
        match_args=False,
    )(type(definer.__name__, (base,), body))
    compiled: Callable[..., Any] = vars(made)[name]
    return compiled


def _refuse_to_set(_self: object, name: str, _value: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_self: object, name: str) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _freeze(kind: C, *, eq: bool, kw_only: bool) -> C:
    own = dict(vars(kind))
    if kind.__doc__ is None:
        kind.__doc__ = f"{kind.__name__}(...)"  # the standard library would work out its signature
    dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=kw_only)(kind)
    compared = ("__eq__", "__hash__")
    for name, later in _LATER.items():
        given = name in own and not (name == "__hash__" and own[name] is None)
        if not given and (eq or name not in compared):
            setattr(kind, name, later)
    for name, refuse in (("__setattr__", _refuse_to_set), ("__delattr__", _refuse_to_delete)):
        if name in own:
            raise TypeError(f"{kind.__name__} is frozen and has a {name} of its own")
        setattr(kind, name, refuse)
    return kind


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - mypy knows the standard library's
else:

    def dataclass(
        kind: type | None = None, /, *, frozen: bool = False, eq: bool = True, kw_only: bool = False
    ) -> Any:
        """Those that are not frozen are the standard library's."""
        if kind is None:
            return lambda kind: dataclass(kind, frozen=frozen, eq=eq, kw_only=kw_only)
        if frozen:
            return _freeze(kind, eq=eq, kw_only=kw_only)
        return dataclasses.dataclass(kind, eq=eq, kw_only=kw_only)
