"""Plan what a pull request would do once more, because a person asks for it, or something was applied since."""

from dataclasses import replace

from runner.model.preview.pull_request import PreviewedStack, PullRequest, PullState
from runner.model.values.paths import glob
from runner.ports.records.store import Store, Writer


def matching(pull: PullRequest, stacks: str) -> tuple[PreviewedStack, ...]:
    """Those that are planned, and that the glob selects."""
    return tuple(one for one in pull.stacks if one.run is not None and glob(stacks).matches(one.stack))


def plan_again(writer: Writer, pull: PullRequest, again: tuple[PreviewedStack, ...]) -> None:
    """The next look at the source queues them: without its settings and inputs nothing is as it was before."""
    stacks = tuple(replace(one, inputs="") if one in again else one for one in pull.stacks)
    writer.save_pull_request(replace(pull, judged_with="", stacks=stacks))


def plan_after_applies(store: Store, source: str) -> None:
    """An apply changes what a merge would still change, and a preview of before would not match the plan of the merge."""
    with store.reading() as reader:
        if not reader.previews_before_applies(source):
            return
    with store.writing() as writer:
        before = writer.previews_before_applies(source)
        for pull in writer.pull_requests(source, {PullState.OPEN}):
            if again := tuple(one for one in pull.stacks if one.run in before):
                plan_again(writer, pull, again)
