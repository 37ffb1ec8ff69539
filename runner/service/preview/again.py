"""Plan what a pull request would do once more, because a person asks for it."""

from dataclasses import replace

from runner.model.preview.pull_request import PreviewedStack, PullRequest
from runner.model.values.paths import glob
from runner.ports.records.store import Writer


def matching(pull: PullRequest, stacks: str) -> tuple[PreviewedStack, ...]:
    """Those that are planned, and that the glob selects."""
    return tuple(one for one in pull.stacks if one.run is not None and glob(stacks).matches(one.stack))


def plan_again(writer: Writer, pull: PullRequest, again: tuple[PreviewedStack, ...]) -> None:
    """The next look at the source queues them: without its settings and inputs nothing is as it was before."""
    stacks = tuple(replace(one, inputs="") if one in again else one for one in pull.stacks)
    writer.save_pull_request(replace(pull, judged_with="", stacks=stacks))
