"""Stack files: YAML documents of a commit -> stack definitions and problems. Satisfies `ports.StackFiles`."""

from collections import Counter
from itertools import islice
from typing import Any

from runner.config.check import Complaint, Unsound, build
from runner.config.document import read_carefully, read_quickly
from runner.config.place import MAX_PROBLEMS, Document
from runner.config.problems import doubts, problems
from runner.config.reference import foreign_references
from runner.config.shape import shape_of
from runner.config.stack_rules import name_flaw, stack_complaints
from runner.config.walk import Odd
from runner.model.settings.source import Allow
from runner.model.stack.definition import StackDefinition
from runner.model.values.problem import Problem


class StackFileReader:
    def __init__(self, required_approvals: int = 1) -> None:
        """`required_approvals` is the server's number, which a stack may only raise."""
        self._required = required_approvals

    def read(self, file: str, content: bytes, allow: Allow) -> tuple[list[StackDefinition], list[Problem]]:
        """All sound stacks of one file, and all problems of the others."""
        sound = self._sound(file, content, allow)
        return (sound, []) if sound else self._explained(file, content, allow)

    def _sound(self, file: str, content: bytes, allow: Allow) -> list[StackDefinition]:
        """The stacks of a file without any problem; nothing if there is one."""
        stacks: list[StackDefinition] = []
        names: set[str] = set()
        try:
            for data in read_quickly(content):
                stack: StackDefinition = build(StackDefinition, data)
                if stack.name in names or next(self._complaints(stack, data, file, allow), None):
                    return []
                names.add(stack.name)
                stacks.append(stack)
        except (Odd, Unsound):
            return []
        return stacks

    def _explained(
        self, file: str, content: bytes, allow: Allow
    ) -> tuple[list[StackDefinition], list[Problem]]:
        documents = read_carefully(content)
        if not documents:
            return [], [Problem(file, 1, 1, "this file declares no stacks")]
        stacks: list[StackDefinition] = []
        found: list[Problem] = []
        names = Counter(name for name in map(_name, documents) if name)
        for document in documents:
            stack, complaints = self._judged(document, file, allow)
            name = _name(document)
            if name and names[name] > 1:
                complaints.append(Complaint(("name",), "another stack in this file has the same name"))
            problem = problems(file, document, shape_of(StackDefinition), complaints, name)
            if stack is not None and not problem:
                stacks.append(stack)
            found += problem
        return stacks, found

    def _judged(
        self, document: Document, file: str, allow: Allow
    ) -> tuple[StackDefinition | None, list[Complaint]]:
        if not document.complete:
            return None, []
        complaints = doubts(document, shape_of(StackDefinition))
        stack: StackDefinition | None = None
        broken: list[Any] = []
        try:
            stack = build(StackDefinition, document.data)
        except Unsound as error:
            complaints += error.complaints
            broken = [complaint.path for complaint in error.complaints]
            stack = error.rest
        if stack is not None:
            said = self._complaints(stack, document.data, file, allow)
            sound = (c for c in said if not any(c.path[: len(path)] == path for path in broken))
            complaints += islice(sound, MAX_PROBLEMS + 1)
        return (None if broken else stack), complaints

    def _complaints(self, stack: StackDefinition, data: Any, file: str, allow: Allow) -> Any:
        yield from stack_complaints(stack, file, allow, self._required)
        yield from foreign_references(data)


def _name(document: Document) -> str | None:
    """The name that a document gives its stack, if it is readable."""
    name = document.data.get("name") if isinstance(document.data, dict) else None
    return name if isinstance(name, str) and name_flaw(name) is None else None
