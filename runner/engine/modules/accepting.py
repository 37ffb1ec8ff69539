"""Drift is accepted into code: the files of a stack, changed so that they mean what is there in the cloud."""

from collections.abc import Iterable, Iterator
from dataclasses import field

from runner.engine.modules.module_files import in_order
from runner.hcl.placed import placed
from runner.hcl.placed_json import body_of_json, placed_json
from runner.hcl.rewrite import rewritten
from runner.hcl.tokens import NotHcl
from runner.model.accept.change import Change, Undecided
from runner.model.accept.code import Code, ModuleCode, ValuesCode, joined
from runner.model.accept.patch import Edited
from runner.model.accept.proposal import Drifted, Proposed, proposed
from runner.model.accept.stack_code import Accepted, StackCode
from runner.model.accept.syntax import Body, Entries, Entry, File, Form, Items, Placed, PlacedBody
from runner.model.accept.yaml_places import stack_variables
from runner.model.code.module import LARGEST, OVERRIDE, automatic_values
from runner.model.values.frozen import dataclass

MOST_MODULES = 200
BOM = b"\xef\xbb\xbf"


def accepted(stack: StackCode, drifted: Iterable[Drifted], *, removed_blocks: bool) -> Accepted:
    """What changes, and why the rest does not. Nothing here runs, and no file outside of `stack` is read."""
    reading = _Reading(stack)
    found = proposed(reading.code(), drifted, removed_blocks=removed_blocks)
    try:
        edited = {file.path: reading.edited(file, found.changes) for file in _files(found)}
    except Undecided as why:
        return Accepted({}, (), (*found.undecided, str(why)), frozenset())
    return Accepted(edited, found.told, found.undecided, found.accepted)


def _files(found: Proposed) -> set[File]:
    return {change.file for change in found.changes}


@dataclass
class _Reading:
    stack: StackCode
    modules: dict[str, ModuleCode] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)

    def code(self) -> Code:
        waiting = [self.stack.root]
        while waiting and len(self.modules) < MOST_MODULES:
            folder = waiting.pop()
            if folder not in self.modules:
                self.modules[folder] = self._module(folder)
                waiting += _called(self.modules[folder])
        hidden = self.stack.hidden(self.modules[self.stack.root].variables)
        return Code(self.stack.root, self.modules, tuple(self._values()), hidden)

    def edited(self, file: File, changes: Iterable[Change]) -> Edited:
        before = self.contents[file.path]
        after = rewritten(file, (one for one in changes if one.file == file)).encode()
        if len(after) > LARGEST:
            raise Undecided(f"{file.path} would have more than {LARGEST:,} bytes, and not be read any more")
        return Edited(file.path, before, BOM + after if before.startswith(BOM) else after)

    def _module(self, folder: str) -> ModuleCode:
        found = _Module(folder)
        files = self.stack.folder(folder)
        for name in in_order(files):
            path = f"{folder}/{name}" if folder else name
            try:
                file = self._file(path, files[name], Form.JSON if name.endswith(".json") else Form.HCL)
                found.take(file, overrides=OVERRIDE.fullmatch(name) is not None)
            except NotHcl as error:
                found.flaw = f"{path} cannot be read ({error})"
        return found.done()

    def _values(self) -> Iterator[ValuesCode]:
        beside = self.stack.folder(self.stack.root)
        names = automatic_values(beside)
        automatic = [(f"{self.stack.root}/{name}".lstrip("/"), beside[name]) for name in names]
        for path, content in (*automatic, *self.stack.var_files):
            form = Form.VALUES if path.endswith(".json") else Form.HCL
            try:
                file = self._file(path, content, form)
                node = (
                    placed_json(file.text, templates=False)
                    if form is Form.VALUES
                    else _as_entries(placed(file.text))
                )
            except NotHcl as error:
                raise Undecided(f"{path} cannot be read ({error})") from None
            if isinstance(node, Entries):
                yield ValuesCode(file, node)
        path, content = self.stack.file
        try:
            file = self._file(path, content, Form.YAML)
        except NotHcl:
            return
        variables = stack_variables(file.text, self.stack.name)
        if variables is not None:
            yield ValuesCode(file, variables)

    def _file(self, path: str, content: bytes, form: Form) -> File:
        if len(content) > LARGEST:
            raise NotHcl(f"it has more than {LARGEST:,} bytes")
        self.contents[path] = content
        try:
            return File(path, content.decode("utf-8-sig"), form)
        except UnicodeDecodeError:
            raise NotHcl("it is not UTF-8") from None


def _as_entries(body: Body) -> Entries:
    """A var file: an assignment in each line."""
    entries = tuple(Entry(one.name, one.start, one.node) for one in body.attributes)
    return Entries(body.start, body.end, entries)


def _called(module: ModuleCode) -> Iterator[str]:
    """The folders of the local modules that it calls."""
    for call in module.calls.values():
        source = call.body.attribute("source")
        given = None if source is None else getattr(source.node, "value", None)
        if isinstance(given, str) and given.startswith(("./", "../")):
            try:
                yield joined(module.folder, given)
            except Undecided:
                continue


@dataclass
class _Module:
    folder: str
    resources: dict[str, PlacedBody] = field(default_factory=dict)
    variables: dict[str, PlacedBody] = field(default_factory=dict)
    locals: dict[str, Placed] = field(default_factory=dict)
    calls: dict[str, PlacedBody] = field(default_factory=dict)
    overridden: set[str] = field(default_factory=set)
    flaw: str = ""

    def done(self) -> ModuleCode:
        return ModuleCode(
            self.folder,
            self.resources,
            self.variables,
            self.locals,
            self.calls,
            frozenset(self.overridden),
            self.flaw,
        )

    def take(self, file: File, *, overrides: bool) -> None:
        blocks = _hcl_blocks(file) if file.form is Form.HCL else _json_blocks(file)
        for kind, labels, block in blocks:
            match kind, labels:
                case "resource", (type_, name):
                    self._put(
                        self.resources, f"{type_}.{name}", block, f"{type_}.{name}", overrides=overrides
                    )
                case "variable", (name,):
                    self._put(self.variables, name, block, f"var.{name}", overrides=overrides)
                case "module", (name,):
                    self._put(self.calls, name, block, f"module.{name}", overrides=overrides)
                case "locals", ():
                    for one in block.body.attributes:
                        if overrides or one.name in self.locals:
                            self.overridden.add(f"local.{one.name}")
                        self.locals[one.name] = Placed(file, one.node)

    def _put(
        self, into: dict[str, PlacedBody], key: str, block: PlacedBody, name: str, *, overrides: bool
    ) -> None:
        if overrides or key in into:
            self.overridden.add(name)
        into.setdefault(key, block)


_Blocks = Iterator[tuple[str, tuple[str, ...], PlacedBody]]


def _hcl_blocks(file: File) -> _Blocks:
    for one in placed(file.text).blocks:
        yield one.kind, one.labels, PlacedBody(file, one.body, one.start, one.end)


_DEPTH = {"resource": 2, "variable": 1, "module": 1, "locals": 0}


def _json_blocks(file: File) -> _Blocks:
    top = placed_json(file.text, templates=True)
    if not isinstance(top, Entries):
        return
    for one in top.entries:
        if one.key in _DEPTH:
            yield from _labelled(file, one.key, (), (top, one), _DEPTH[one.key])


def _labelled(
    file: File, kind: str, labels: tuple[str, ...], within: tuple[Entries, Entry], depth: int
) -> _Blocks:
    node = within[1].node
    if isinstance(node, Items):
        raise NotHcl("several objects in a list of blocks are not edited")
    if depth == 0:
        yield kind, labels, PlacedBody(file, body_of_json(node), node.start, node.end, within)
    elif isinstance(node, Entries):
        for one in node.entries:
            yield from _labelled(file, kind, (*labels, one.key), (node, one), depth - 1)
