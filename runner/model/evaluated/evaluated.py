"""What only an apply evaluates: provisioners, actions, write-only arguments, and the configuration of its providers.

`resource_changes` does not show it, so it is followed to the values it is made of: a plan that was made again
may have the same changes, and run something else, or somewhere else.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from runner.model.changes.changes import Action
from runner.model.changes.mask import holds_unknown, unknown_of
from runner.model.evaluated.code import UNREAD, Code, Part, mentioned
from runner.model.evaluated.readable import Found, Readable, Reader
from runner.model.evaluated.reference import ROOT, Scope, named, references_in, scope_of
from runner.model.evaluated.write_only import holding_nothing, is_unkept, sets_to_null, unkept
from runner.model.values.frozen import dataclass

LOCAL_EXEC = "local-exec"  # needs no connection
_RUNS_PROVISIONERS = frozenset({Action.CREATE, Action.REPLACE, Action.DELETE})
_GIVES_ARGUMENTS = frozenset({Action.CREATE, Action.REPLACE, Action.UPDATE})


@dataclass(frozen=True)
class Thing:
    """One argument that the apply will evaluate, and what it is made of: raw, including secrets."""

    part: Part | str
    subject: str  # the address of a resource or an action, or the key of a provider
    argument: str
    found: Mapping[str, Found]
    name: str = ""  # type of a provisioner
    index: int = 0  # among those of the same subject
    code: str = ""


WRITE_ONLY = "write-only"
CONNECTION = "connection"
FROM_CODE = "code"  # what a plan's JSON leaves out of a provider: `dynamic` blocks, for_each


@dataclass
class Applying:
    """A plan's document and its code, as one apply will read them."""

    document: Mapping[str, Any]
    changes: Sequence[tuple[Mapping[str, Any], Action]]  # the entries of `resource_changes` that do something
    code: Code = UNREAD
    _known: dict[Any, dict[str, Found]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.readable = Readable(self.document, self.code.named(), self.code.ephemeral())

    def things(self) -> Iterator[Thing]:
        """Everything that depends on a value; what the code alone determines is left out."""
        for thing in (*self._of_resources(), *self._of_actions(), *self._of_providers()):
            if thing.found:
                yield thing

    # Provisioners and write-only arguments

    def _of_resources(self) -> Iterator[Thing]:
        for entry, action in self.changes:
            scope, name = place_of(entry["address"])
            block = self.readable.blocks.get((scope.names, name))
            if block is None or entry.get("mode") == "data":
                continue
            reader = Reader(scope, block, entry["change"], entry["address"])
            if action in _RUNS_PROVISIONERS and block.get("provisioners"):
                yield from self._provisioners(reader, name)
            if action in _GIVES_ARGUMENTS:
                yield from self._write_only(reader)
                yield from self._in_dynamic_blocks(reader, name)

    def _provisioners(self, reader: Reader, name: str) -> Iterator[Thing]:
        listed = reader.block["provisioners"]
        snippets = self.code.of(reader.scope.names, Part.PROVISIONER, name)
        alike = [one.name for one in snippets] == [each.get("type") for each in listed]
        for index, provisioner in enumerate(listed):
            texts = dict(snippets[index].arguments) if alike else {}
            for argument, expression in sorted((provisioner.get("expressions") or {}).items()):
                found = self._follow(reader, tuple(references_in(expression)))
                yield Thing(
                    Part.PROVISIONER, reader.address, argument, found, provisioner["type"], index,
                    texts.get(argument, ""),
                )  # fmt: skip
        if any(each.get("type") != LOCAL_EXEC for each in listed):
            yield from self._connection(reader, name)

    def _connection(self, reader: Reader, name: str) -> Iterator[Thing]:
        """The document does not say where a provisioner connects to."""
        if not self.code.knows(reader.scope.names):
            yield Thing(Part.PROVISIONER, reader.address, CONNECTION, self._everything(reader.scope))
            return
        for index, snippet in enumerate(self.code.of(reader.scope.names, Part.CONNECTION, name)):
            for argument, text in snippet.arguments:
                found = self._follow(reader, tuple(dict.fromkeys(mentioned(text))))
                yield Thing(
                    Part.PROVISIONER,
                    reader.address,
                    f"{CONNECTION}.{argument}",
                    found,
                    index=index,
                    code=text,
                )

    def _write_only(self, reader: Reader) -> Iterator[Thing]:
        """A plan has null for each, whatever value is set."""
        change = reader.change or {}
        for path, expression in unkept(
            reader.block.get("expressions") or {}, [change.get("after")], change.get("after_unknown")
        ):
            yield Thing(
                WRITE_ONLY, reader.address, path, self._follow(reader, tuple(references_in(expression)))
            )

    def _in_dynamic_blocks(self, reader: Reader, name: str) -> Iterator[Thing]:
        """Those inside `dynamic` blocks, which only the code shows."""
        after = (reader.change or {}).get("after")
        if not self.code.knows(reader.scope.names):
            expressions = reader.block.get("expressions") or {}
            for block in sorted(holding_nothing(after) - expressions.keys()):
                yield Thing(WRITE_ONLY, reader.address, block, self._everything(reader.scope))
            return
        for snippet in self.code.of(reader.scope.names, Part.DYNAMIC, name):
            for argument, text in snippet.arguments:
                path = (*snippet.name.split("."), argument)
                if is_unkept(after, path):
                    found = self._follow(reader, tuple(dict.fromkeys(mentioned(text))))
                    yield Thing(WRITE_ONLY, reader.address, ".".join(path), found, code=text)

    # Actions

    def _of_actions(self) -> Iterator[Thing]:
        for index, invocation in enumerate(invocations(self.document)):
            address, unknown = invocation["address"], invocation.get("config_unknown")
            values = invocation.get("config_values") or {}
            for argument, value in sorted(values.items()):
                mark = (invocation.get("config_sensitive") or {}).get(argument)
                known = Found("its value", value, mark, unknown_of(unknown, argument))
                yield Thing(Part.ACTION, address, argument, {known.label: known}, index=index)
            scope, name = place_of(address)
            code = " ".join(
                text for one in self.code.of(scope.names, Part.ACTION, name) for _, text in one.arguments
            )
            if holds_unknown(unknown) or sets_to_null(values, code, read=self.code.knows(scope.names)):
                yield Thing(Part.ACTION, address, "", self._behind_action(scope, name, code), index=index)

    def _behind_action(self, scope: Scope, name: str, code: str) -> Mapping[str, Found]:
        """What the block refers to: only the apply knows its values, or they are not kept."""
        block = self._action_block(scope, name)
        expressions = block.get("expressions") or (block.get("config") or {}).get("expressions")
        if not expressions and not self.code.knows(scope.names):
            return self._everything(scope)
        return self._follow(
            Reader(scope, block), tuple(dict.fromkeys((*references_in(expressions), *mentioned(code))))
        )

    def _action_block(self, scope: Scope, name: str) -> Mapping[str, Any]:
        blocks = self.readable.modules.get(scope.names, {}).get("actions") or ()
        return next((one for one in blocks if one["address"] in {name, f"action.{name}"}), {})

    # Providers

    def _of_providers(self) -> Iterator[Thing]:
        for key, provider in self.providers():
            scope = _module_of(provider)
            reader = Reader(scope, provider)
            seen: set[str] = set()
            texts = self.provider_code(provider)
            for index, (path, expression) in enumerate(leaves(provider.get("expressions") or {})):
                found = self._follow(reader, tuple(references_in(expression)))
                seen |= found.keys()
                yield Thing(Part.PROVIDER, key, path, found, index=index, code=texts.get(path, ""))
            for argument, text in texts.items():
                rest = self._follow(reader, tuple(dict.fromkeys(mentioned(text))))
                more = {label: found for label, found in rest.items() if label not in seen}
                yield Thing(Part.PROVIDER, key, argument, more, name=FROM_CODE, code=text)

    def provider_code(self, provider: Mapping[str, Any]) -> dict[str, str]:
        module = _module_of(provider).names
        alias = f".{provider['alias']}" if provider.get("alias") else ""
        snippets = self.code.of(module, Part.PROVIDER, f"{provider.get('name', '')}{alias}")
        return {name: text for snippet in snippets for name, text in snippet.arguments}

    def providers(self) -> list[tuple[str, Mapping[str, Any]]]:
        """The provider configurations that the apply starts; all of a provider's, if it is unknown which."""
        configured: Mapping[str, Mapping[str, Any]] = (self.document.get("configuration") or {}).get(
            "provider_config"
        ) or {}
        keys: set[str] = set()
        for key, full_name in self._uses():
            same = [k for k, one in configured.items() if one.get("full_name") == full_name]
            keys.update([key] if key is not None and key in configured else same)
        return [(key, configured[key]) for key in sorted(keys)]

    def _uses(self) -> Iterator[tuple[str | None, str | None]]:
        for entry, _ in self.changes:
            scope, name = place_of(entry["address"])
            block = self.readable.blocks.get((scope.names, name)) or {}
            yield block.get("provider_config_key"), entry.get("provider_name")
        if self.changes:
            for block in self.readable.blocks.values():
                if block.get("mode") == "ephemeral":
                    yield block.get("provider_config_key"), None
        for invocation in invocations(self.document):
            block = self._action_block(*place_of(invocation["address"]))
            yield block.get("provider_config_key"), invocation.get("provider_name")

    # Memoised walks

    def _follow(self, reader: Reader, references: tuple[str, ...]) -> dict[str, Found]:
        mark = (reader.scope, references, *_own(reader, references))
        if mark not in self._known:
            self._known[mark] = self.readable.follow(reader, references)
        return self._known[mark]

    def _everything(self, scope: Scope) -> dict[str, Found]:
        if scope not in self._known:
            self._known[scope] = self.readable.follow_all(Reader(scope))
        return self._known[scope]


def _own(reader: Reader, references: tuple[str, ...]) -> tuple[object, ...]:
    """What distinguishes this reader from others in its module."""
    words = {reference.partition(".")[0] for reference in references}
    block = id(reader.block) if words & {"each", "count"} else None
    return block, reader.address if "self" in words else ""


def _module_of(provider: Mapping[str, Any]) -> Scope:
    address = provider.get("module_address")
    return scope_of(f"{address}.") if address else ROOT


def invocations(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What this apply invokes; not what is deferred to a later plan."""
    return list(document.get("action_invocations") or ())


def place_of(address: str) -> tuple[Scope, str]:
    """The module of an address, and the name in it as the code has it."""
    return scope_of(address), named(address)[0]


def leaves(expressions: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The expressions in a body and in its nested blocks, by their paths."""
    match expressions:
        case {"references": list()} | {"constant_value": _}:
            yield path, expressions
        case dict():
            for name, part in sorted(expressions.items()):
                yield from leaves(part, f"{path}.{name}".lstrip("."))
        case list():
            for part in expressions:
                yield from leaves(part, path)
