"""Rules for what drift never counts, in the server's configuration and in stack files alike."""

from collections.abc import Iterator

from runner.config.check import Complaint
from runner.config.place import KeyPath
from runner.model.stack.definition import IgnoreRule


def single_line(path: KeyPath, text: str, what: str) -> Iterator[Complaint]:
    """Complain about an empty or a multi-line text."""
    if not text.strip() or "\n" in text or "\t" in text:
        yield Complaint(path, f"expected {what} on one line")


def ignore_rules(rules: tuple[IgnoreRule, ...]) -> Iterator[Complaint]:
    for index, rule in enumerate(rules):
        path: KeyPath = ("drift", "ignore", index)
        yield from single_line((*path, "address"), rule.address, "a resource address or a glob")
        if not rule.reason.strip():
            yield Complaint(path, 'needs a reason (reason: "...")', got=False)
        if not rule.attributes:
            yield Complaint(
                (*path, "attributes"), 'the list is empty; to ignore all attributes write ["*"]', got=False
            )
        for number, attribute in enumerate(rule.attributes):
            yield from single_line((*path, "attributes", number), attribute, "an attribute path")
