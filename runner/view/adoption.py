"""What an import or a scan found and made, as rows."""

from runner.model.adopt.outcome import Adoption, Stack, State
from runner.model.adopt.project import Kept, LeftOut, Note
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class GuessRow:
    key: str
    because: str


@dataclass(frozen=True)
class AdoptedStack:
    directory: str
    stack: str
    workspace: str
    file: str
    because: str
    guessed: tuple[GuessRow, ...]


@dataclass(frozen=True)
class LeftOutRow:
    directory: str
    why: str


@dataclass(frozen=True)
class FileRow:
    path: str
    state: State
    difference: tuple[str, ...]


@dataclass(frozen=True)
class AdoptionPage:
    product: str
    stacks: tuple[AdoptedStack, ...]
    left_out: tuple[LeftOutRow, ...]
    notes: tuple[Note, ...]
    kept: tuple[Kept, ...]
    files: tuple[FileRow, ...]
    complete: bool


def adoption_page(of: Adoption) -> AdoptionPage:
    return AdoptionPage(
        of.product,
        tuple(map(_stack, of.stacks)),
        tuple(map(_left_out, sorted(set(of.left_out), key=lambda one: (one.folder, one.why)))),
        of.notes,
        of.kept,
        tuple(FileRow(one.path, one.state, one.difference) for one in of.files),
        of.complete,
    )


def _stack(of: Stack) -> AdoptedStack:
    return AdoptedStack(
        of.project.folder,
        of.definition.name,
        of.definition.terraform_workspace,
        of.file,
        of.project.because,
        tuple(GuessRow(one.key, one.because) for one in of.project.guesses),
    )


def _left_out(of: LeftOut) -> LeftOutRow:
    return LeftOutRow(of.folder, of.why)
