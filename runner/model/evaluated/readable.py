"""What an expression in the code can read, followed through a plan's JSON to its values.

`configuration` names what each expression refers to; `variables`, `prior_state` and `planned_values` have the
values. Values are raw, including secrets: they are for sealing, and are masked before anyone sees them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from functools import cached_property
from typing import Any

from runner.model.changes.mask import holds_unknown, unknown_of
from runner.model.evaluated.code import Names
from runner.model.evaluated.reference import (
    ROOT,
    UNKNOWN_YET,
    Key,
    Scope,
    Step,
    dotted,
    longest,
    named,
    path_behind,
    path_of,
    references_in,
    scope_of,
    select,
    steps_of,
)
from runner.model.values.frozen import dataclass

# These are the same in every plan, or have no value.
_NOTHING = frozenset({"path", "terraform", "tofu", "action", "provider", "provider_meta"})


@dataclass(frozen=True)
class Reader:
    """Who reads: a resource's block with its change (for `self`), a module call, a provider. `block` has its for_each."""

    scope: Scope
    block: Mapping[str, Any] = field(default_factory=dict)
    change: Mapping[str, Any] | None = None
    address: str = ""


@dataclass(frozen=True)
class Found:
    """A value that is read. `hidden`: the path to it leads through something that the code marks sensitive."""

    label: str
    value: Any
    sensitive: Any = None  # marks, as in the plan
    unknown: Any = None
    hidden: bool = False

    @property
    def content(self) -> Any:
        """Everything about it that is sealed."""
        return [self.value, self.unknown]


@dataclass(frozen=True)
class _Instance:
    scope: Scope
    key: Step | None
    values: Any
    sensitive: Any
    address: str


@dataclass
class Readable:
    """Everything in a plan's document about what expressions read."""

    document: Mapping[str, Any]
    # What locals and ephemeral resources refer to, if the code was read: neither is in the document.
    code: Mapping[tuple[Names, str], Iterable[str]] = field(default_factory=dict)
    ephemeral: frozenset[str] = (
        frozenset()
    )  # variables of the root; the values that are passed are bound elsewhere

    @cached_property
    def modules(self) -> dict[Names, Mapping[str, Any]]:
        found: dict[Names, Mapping[str, Any]] = {}

        def walk(module: Mapping[str, Any], names: Names) -> None:
            found[names] = module
            for name, call in (module.get("module_calls") or {}).items():
                walk(call.get("module") or {}, (*names, name))

        walk((self.document.get("configuration") or {}).get("root_module") or {}, ())
        return found

    @cached_property
    def blocks(self) -> dict[tuple[Names, str], Mapping[str, Any]]:
        return {
            (names, block["address"]): block
            for names, module in self.modules.items()
            for block in module.get("resources") or ()
        }

    @cached_property
    def instances(self) -> dict[tuple[Names, str], list[_Instance]]:
        """Data as read, resources as planned, or as they were if the plan destroys them."""
        found: dict[tuple[Names, str], dict[str, _Instance]] = {}
        for part in (
            (self.document.get("prior_state") or {}).get("values"),
            self.document.get("planned_values"),
        ):
            for scope, entry in _resources((part or {}).get("root_module") or {}, ROOT):
                address = entry["address"]
                name, key = named(address)
                instance = _Instance(scope, key, entry.get("values"), entry.get("sensitive_values"), address)
                found.setdefault((scope.names, name), {})[address] = instance
        return {place: [each[a] for a in sorted(each)] for place, each in found.items()}

    def follow(self, reader: Reader, references: Iterable[str]) -> dict[str, Found]:
        """The values that these references lead to, by name."""
        walk = _Walk(self)
        for reference in longest(references):
            walk.visit(reader, reference, hidden=False)
        return dict(sorted(walk.found.items()))

    def follow_all(self, reader: Reader) -> dict[str, Found]:
        """Everything that an expression in this module could read."""
        walk = _Walk(self)
        walk.everything(reader.scope, hidden=False)
        return dict(sorted(walk.found.items()))


@dataclass
class _Walk:
    """One walk from an expression to the values that it may read; `seen` keeps it linear and ends cycles."""

    readable: Readable
    found: dict[str, Found] = field(default_factory=dict)
    seen: set[tuple[Scope, str, bool]] = field(default_factory=set)

    def visit(self, reader: Reader, reference: str, *, hidden: bool) -> None:
        steps = steps_of(reference)
        if not steps or steps[0] in _NOTHING:
            return
        match steps[0]:
            case "self":
                self._self(reader, steps[1:], hidden=hidden)
            case "each" | "count":
                self._repetition(reader, hidden=hidden)
            case _ if (mark := (reader.scope, reference, hidden)) not in self.seen:
                self.seen.add(mark)
                self._named(reader.scope, steps, hidden=hidden)

    def _named(self, scope: Scope, steps: list[Step], *, hidden: bool) -> None:
        match steps[0]:
            case "var":
                self._variable(scope, steps[1:], hidden=hidden)
            case "local":
                self._local(scope, steps[1:], hidden=hidden)
            case "module":
                self._output(scope, steps[1:], hidden=hidden)
            case "data":
                self._resource(scope, f"data.{dotted(steps[1:3])}", steps[3:], hidden=hidden)
            case "ephemeral":
                self._ephemeral(scope, f"ephemeral.{dotted(steps[1:3])}", hidden=hidden)
            case "resource":
                self._resource(scope, dotted(steps[1:3]), steps[3:], hidden=hidden)
            case _:
                self._resource(scope, dotted(steps[:2]), steps[2:], hidden=hidden)

    def _expression(self, reader: Reader, expression: Any, *, hidden: bool) -> None:
        for reference in references_in(expression):
            self.visit(reader, reference, hidden=hidden)

    def _add(
        self, label: str, value: Any, sensitive: Any = None, unknown: Any = None, *, hidden: bool
    ) -> None:
        before = self.found.get(label)
        hidden = hidden or (before is not None and before.hidden)
        self.found[label] = Found(label, value, sensitive, unknown, hidden)

    # What references may name

    def _variable(self, scope: Scope, steps: list[Step], *, hidden: bool) -> None:
        if not steps:
            return self._variables(scope, hidden=hidden)
        name = str(steps[0])
        declared = (self.readable.modules.get(scope.names, {}).get("variables") or {}).get(name) or {}
        hidden = hidden or bool(declared.get("sensitive"))
        if scope.calls:
            call, outer = self._call(scope)
            self._expression(outer, (call.get("expressions") or {}).get(name), hidden=hidden)
            return None
        if name in self.readable.ephemeral:
            return self._add(f"var.{path_of(steps)} (ephemeral)", UNKNOWN_YET, hidden=hidden)
        given = (self.readable.document.get("variables") or {}).get(name)
        value = declared.get("default") if given is None else given.get("value")
        return self._add(f"var.{path_of(steps)}", select(value, steps[1:]), hidden=hidden)

    def _variables(self, scope: Scope, *, hidden: bool) -> None:
        for name in self.readable.modules.get(scope.names, {}).get("variables") or {}:
            self.visit(Reader(scope), f"var.{name}", hidden=hidden)

    def _call(self, scope: Scope) -> tuple[Mapping[str, Any], Reader]:
        """The call of this module, and the reader of its arguments."""
        outer = scope.parent
        calls = self.readable.modules.get(outer.names, {}).get("module_calls") or {}
        call: Mapping[str, Any] = calls.get(scope.names[-1]) or {}
        return call, Reader(outer, call)

    def _local(self, scope: Scope, steps: list[Step], *, hidden: bool) -> None:
        known = self.readable.code.get((scope.names, f"local.{steps[0]}")) if steps else None
        if known is None:
            self.everything(scope, hidden=hidden)
            return
        for reference in known:
            self.visit(Reader(scope), reference, hidden=hidden)

    def everything(self, scope: Scope, *, hidden: bool) -> None:
        """All variables, data, resources and outputs of calls: used when it is unknown which of them are read."""
        if (mark := (scope, "*", hidden)) in self.seen:
            return
        self.seen.add(mark)
        self._variables(scope, hidden=hidden)
        module = self.readable.modules.get(scope.names, {})
        for block in module.get("resources") or ():
            self.visit(Reader(scope), block["address"], hidden=hidden)
        for name in module.get("module_calls") or {}:
            self.visit(Reader(scope), f"module.{name}", hidden=hidden)

    def _output(self, scope: Scope, steps: list[Step], *, hidden: bool) -> None:
        if not steps:
            return
        name, *rest = steps
        keyed = bool(rest) and isinstance(rest[0], int | Key)
        inner = scope.below(str(name), rest[0] if keyed else None)
        rest = rest[1:] if keyed else rest
        outputs = self.readable.modules.get(inner.names, {}).get("outputs") or {}
        for output in [str(rest[0])] if rest and rest[0] != "*" else outputs:
            called = outputs.get(output) or {}
            marked = hidden or bool(called.get("sensitive"))
            self._expression(Reader(inner), called.get("expression"), hidden=marked)
        call, outer = self._call(inner)
        self._repetition(Reader(outer.scope, call), hidden=hidden)

    def _repetition(self, reader: Reader, *, hidden: bool) -> None:
        for way in ("for_each_expression", "count_expression"):
            self._expression(Reader(reader.scope), reader.block.get(way), hidden=hidden)
        # OpenTofu's provider blocks have for_each too, which the document omits.
        if "full_name" in reader.block:
            self.everything(reader.scope, hidden=hidden)

    def _self(self, reader: Reader, steps: list[Step], *, hidden: bool) -> None:
        """Before and after: the document does not say whether a provisioner runs at creation or at destruction."""
        change = reader.change or {}
        for side in ("before", "after"):
            if change.get(side) is None:
                continue
            unknown = _unknown_at(change.get("after_unknown"), steps) if side == "after" else None
            value = UNKNOWN_YET if unknown is True else select(change[side], steps)
            label = f"{reader.address}{path_behind(steps)}{' (before)' if side == 'before' else ''}"
            marks = _marks_at(change.get(f"{side}_sensitive"), steps)
            self._add(label, value, marks, unknown, hidden=hidden)

    def _resource(self, scope: Scope, name: str, steps: list[Step], *, hidden: bool) -> None:
        keyed = bool(steps) and isinstance(steps[0], int | Key)
        candidates = [
            i for i in self.readable.instances.get((scope.names, name), ()) if scope.covers(i.scope)
        ]
        # Without count, an index after a resource leads nowhere, so it is an instance key.
        chosen = [i for i in candidates if i.key == steps[0]] if keyed else candidates
        rest = steps[1:] if keyed else steps
        rest = rest[1:] if rest[:1] == ["*"] else rest
        if not chosen:
            block = self.readable.blocks.get((scope.names, name))
            if block is not None or keyed:
                self._add(f"{scope}{name}{path_behind(steps)}", UNKNOWN_YET, hidden=hidden)
            return
        for instance in chosen:
            label = f"{instance.address}{path_behind(rest)}"
            marks = _marks_at(instance.sensitive, rest)
            self._add(label, select(instance.values, rest), marks, hidden=hidden)

    def _ephemeral(self, scope: Scope, name: str, *, hidden: bool) -> None:
        """The apply opens it again; its arguments determine its result."""
        block = self.readable.blocks.get((scope.names, name))
        known = self.readable.code.get((scope.names, name))
        if block is not None:
            reader = Reader(scope, block)
            self._expression(reader, block.get("expressions"), hidden=hidden)
            self._repetition(reader, hidden=hidden)
        if known is None:
            self.everything(scope, hidden=hidden)
            return
        for reference in known:
            self.visit(Reader(scope), reference, hidden=hidden)


def _marks_at(marks: Any, steps: Iterable[Step]) -> Any:
    """The marks of a part: all of it is sensitive if something around it is."""
    for step in steps:
        if marks is True:
            return True
        marks = select(marks, [step])
    return None if marks is UNKNOWN_YET else marks


def _unknown_at(unknown: Any, steps: Iterable[Step]) -> Any:
    for step in steps:
        unknown = unknown_of(unknown, step)
    return unknown if holds_unknown(unknown) else None


def _resources(module: Mapping[str, Any], scope: Scope) -> Iterator[tuple[Scope, Mapping[str, Any]]]:
    for entry in module.get("resources") or ():
        yield scope, entry
    for child in module.get("child_modules") or ():
        yield from _resources(child, scope_of(child["address"]))
