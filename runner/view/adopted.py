"""Code that takes resources into a stack."""

from runner.model.values.frozen import dataclass
from runner.service.operator.adopt_resources import Adoption


@dataclass(frozen=True)
class ImportRow:
    address: str
    id: str


@dataclass(frozen=True)
class AdoptedPage:
    """`patch` is for the revision `base`. It is empty if no plan proved it: `undecided` says why, `draft` is the code so far.

    `adjusted` says what of the generated code was taken out.
    """

    stack: str
    base: str
    imports: tuple[ImportRow, ...]
    patch: str
    adjusted: tuple[str, ...]
    undecided: tuple[str, ...]
    draft: str = ""
    branch: str | None = None
    request: str | None = None


def adopted_page(of: Adoption, *, branch: str | None = None, request: str | None = None) -> AdoptedPage:
    return AdoptedPage(
        stack=of.stack,
        base=of.base,
        imports=tuple(ImportRow(one.address, one.id) for one in of.imports),
        patch=of.patch.decode(errors="surrogateescape"),
        adjusted=of.told,
        undecided=of.undecided,
        draft=of.draft,
        branch=branch,
        request=request,
    )
