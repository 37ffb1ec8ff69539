"""What accepting a drift into code changes there."""

from runner.model.values.frozen import dataclass
from runner.service.operator.accept_drift import Acceptance


@dataclass(frozen=True)
class AcceptancePage:
    """`patch` is empty if nothing could be accepted; `undecided` says what is left, and what decides it.

    `base` is the revision that the patch is for. `branch` and `request` are set if they were asked for.
    """

    report: str
    stack: str
    base: str
    patch: str
    accepted: tuple[str, ...]
    undecided: tuple[str, ...]
    branch: str | None = None
    request: str | None = None


def acceptance_page(
    of: Acceptance, *, branch: str | None = None, request: str | None = None
) -> AcceptancePage:
    return AcceptancePage(
        report=of.report.name,
        stack=of.report.stack,
        base=of.base,
        patch=of.patch.decode(errors="surrogateescape"),
        accepted=of.told,
        undecided=of.undecided,
        branch=branch,
        request=request,
    )
