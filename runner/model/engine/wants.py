"""What a stack wants of its engine, gathered from its definition, its version files and its code."""

from collections.abc import Callable, Iterator

from runner.errors import BadVersionFile
from runner.model.code.engines import ENGINES, EngineRow, Version
from runner.model.code.scan import Code
from runner.model.code.tree import Tree
from runner.model.engine.version_file import LARGEST, NoWish, constraint_of, said_in, version_files
from runner.model.stack.definition import StackDefinition
from runner.model.stack.engine_wants import OWN, EngineWants, Requirement, Wish
from runner.model.values.paths import TOP, printable, shortened

Read = Callable[[str], bytes | None]  # the content of a file of the tree; None if it is too large


def wants_of(
    definition: StackDefinition, tree: Tree, folder: str, code: Code | None, read: Read
) -> EngineWants:
    """`folder` is the root module. A version file counts only if the definition says nothing."""
    row = ENGINES[definition.engine]
    requirements = tuple(_requirements(code, definition.engine)) if code is not None else ()
    if definition.engine_version is not None:
        return EngineWants(Wish(definition.engine_version, OWN), requirements)
    try:
        return EngineWants(_wish(tree, folder, row, read), requirements)
    except BadVersionFile as error:
        return EngineWants(None, requirements, error.message, str(error.facts["file"]))


def _wish(tree: Tree, folder: str, row: EngineRow, read: Read) -> Wish | None:
    for file in version_files(tree, folder, row):
        if not tree.is_file(file):
            raise BadVersionFile(f"{printable(file)} is not a regular file", file=file)
        content = read(file)
        if content is None or len(content) > LARGEST:
            raise BadVersionFile(f"{printable(file)} has more than {LARGEST} bytes", file=file)
        said = said_in(file, content, row)
        if said is None:
            continue
        try:
            constraint = constraint_of(said)
        except NoWish as error:
            raise BadVersionFile(file=printable(file), said=printable(said)) from error
        return None if constraint is None else Wish(constraint, file)
    return None


def _since(version: Version) -> str:
    return f">= {'.'.join(map(str, version))}.0"


def _requirements(code: Code, engine: str) -> Iterator[Requirement]:
    row = ENGINES[engine]
    if code.reach.computed:
        where = shortened(code.reach.computed[0])
        yield Requirement(_since(row.sources_since), where, computes="a computed module source or version")
    if code.evaluated is not None and row.backends_since is not None:
        where = shortened(code.modules[0].folder)
        yield Requirement(_since(row.backends_since), where, computes="a computed backend")
    for module in code.modules:
        for one in module.facts.required:
            file = one.file if module.folder == TOP else f"{module.folder}/{one.file}"
            yield Requirement(one.text, file, one.compatible_with)
