"""Who made what a run would apply: the commits whose people may not approve it."""

from collections.abc import Sequence

from runner.model.approval import Commit
from runner.model.inputs import Located, places
from runner.model.run import Run
from runner.model.settings import SourceSettings
from runner.model.stack import StackDefinition
from runner.ports import Git, Modules
from runner.service.module_facts import FolderFacts
from runner.service.stack_files import read_tree


def commits_behind(
    git: Git,
    modules: Modules,
    source: SourceSettings,
    run: Run,
    definition: StackDefinition,
    applied: str | None,
) -> Sequence[Commit]:
    """All since the revision that was applied; where none was, or it is gone, all that ever touched the stack."""
    if applied is not None and git.has(source, applied):
        return git.commits(source, applied, run.revision)
    tree = read_tree(git, source, run.revision)
    reach = FolderFacts(git, modules, source, tree, {}).code(run.module_path, definition.engine).reach
    return git.touching(source, run.revision, places(tree, Located(run.file, definition), reach.folders))
