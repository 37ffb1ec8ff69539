"""Which literal decides a value: names are followed to where they are set."""

from typing import Any

from runner.model.accept.change import Forbidden, Undecided
from runner.model.accept.code import At, Scope
from runner.model.accept.syntax import Call, Constant, Entries, Items, Node, Reference

DEEPEST = 30
# Functions of one argument that decide nothing about the value itself, but at most about its type.
PASSING = frozenset({"tostring", "tonumber", "tobool", "tolist", "toset", "tomap", "nonsensitive"})


def resolved(at: At) -> At:
    """What decides the value: a literal, or an expression that is worked out. Undecided, Forbidden."""
    for _ in range(DEEPEST):
        match at.node:
            case Reference():
                at = _followed(at, at.node)
            case Call(name=name, arguments=(one,)) if name in PASSING:
                at = at.moved(one)
            case Call(name="sensitive"):
                raise Forbidden(f"{at.place} marks the value as sensitive")
            case _:
                return at
    raise at.undecided("which refers to itself")


def constant(at: At) -> Any:
    """The value of an expression that is made of literals; Undecided."""
    if isinstance(at.node, Reference) and (at.node.root, at.node.steps) in {
        ("each", ("key",)),
        ("count", ("index",)),
    }:
        return at.scope.key
    found = resolved(at)
    match found.node:
        case Constant(value=value):
            return value
        case Items(items=items):
            return [constant(found.moved(one)) for one in items]
        case Entries(entries=entries):
            return {one.key: constant(found.moved(one.node)) for one in entries}
        case _:
            raise found.undecided()


def _followed(at: At, reference: Reference) -> At:
    steps = reference.steps
    if reference.splat or not steps or not isinstance(steps[0], str):
        raise at.undecided()
    name, rest = steps[0], steps[1:]
    match reference.root:
        case "var":
            return _part(_variable(at, name), rest, at)
        case "local":
            return _part(_local(at, name), rest, at)
        case "each" if name == "value":
            return _part(_of_loop(at), rest, at)
        case "each":
            raise at.undecided("the key of its for_each")
        case _:
            raise at.undecided()


def _part(of: At, steps: tuple[str | Node, ...], asked: At) -> At:
    for step in steps:
        key = step if isinstance(step, str) else constant(asked.moved(step))
        of = part(resolved(of), key)
    return of


def part(of: At, key: Any) -> At:
    """What decides one element of a value that is resolved already."""
    match of.node:
        case Entries() as entries:
            entry = entries.get(str(key))
            if entry is None:
                raise of.undecided(f"which has no {key}")
            return of.moved(entry.node)
        case Items(items=items) if str(key).isdigit() and int(key) < len(items):
            return of.moved(items[int(key)])
        case Call(name="merge"):
            return merged(of, str(key)) or _missing(of, key)
        case _:
            raise of.undecided()


def _missing(of: At, key: Any) -> At:
    raise of.undecided(f"which has no {key}")


def merged(of: At, key: str) -> At | None:
    """Of the arguments of a `merge`, the last one that has the key; None if no argument has it."""
    for argument in reversed(maps(of)):
        if not isinstance(argument.node, Entries):
            raise argument.undecided()
        entry = argument.node.get(key)
        if entry is not None:
            return argument.moved(entry.node)
    return None


def maps(of: At) -> list[At]:
    """The arguments of a `merge`, with those of another one in it."""
    found: list[At] = []
    for argument in of.node.arguments if isinstance(of.node, Call) else ():
        try:
            one = resolved(of.moved(argument))
        except Undecided:
            one = of.moved(argument)
        found += maps(one) if isinstance(one.node, Call) and one.node.name == "merge" else [one]
    return found


def _local(at: At, name: str) -> At:
    module = at.scope.module
    if f"local.{name}" in module.overridden or name not in module.locals:
        raise at.undecided(module.flaw)
    found = module.locals[name]
    return Scope(at.scope.code, module, call=at.scope.call).at(found.file, found.node)


def _variable(at: At, name: str) -> At:
    scope = at.scope
    declared = scope.module.variables.get(name)
    if declared is None or f"var.{name}" in scope.module.overridden:
        raise at.undecided(scope.module.flaw)
    for mark in ("sensitive", "ephemeral"):
        marked = declared.body.attribute(mark)
        if marked is not None and getattr(marked.node, "value", True) is not False:
            raise Forbidden(f"var.{name} is declared as {mark} in {declared.file.path}")
    if scope.call is not None:
        call, caller = scope.call
        argument = call.body.attribute(name)
        if argument is not None:
            return caller.at(call.file, argument.node)
    else:
        for one in reversed(scope.code.values):
            entry = one.values.get(name)
            if entry is not None:
                return scope.at(one.file, entry.node)
        if name in scope.code.hidden:
            raise Undecided(f"decided by var.{name}: {scope.code.hidden[name]}")
    default = declared.body.attribute("default")
    if default is None:
        raise Undecided(f"decided by var.{name}, which nothing in the repository sets")
    return Scope(scope.code, scope.module, call=scope.call).at(declared.file, default.node)


def _of_loop(at: At) -> At:
    loop, key = at.scope.loop, at.scope.key
    if loop is None or key is None:
        raise at.undecided()
    over = resolved(loop)
    if isinstance(over.node, Items):
        raise over.undecided("where the value is the key of the resource")
    return part(over, key)
