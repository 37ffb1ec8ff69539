"""Nouns that are read or written together, for functions that need just these."""

from typing import Protocol

from runner.ports.records.approvals import ApprovalReader
from runner.ports.records.audit import AuditReader
from runner.ports.records.declarations import DeclarationReader
from runner.ports.records.locks import LockReader, LockWriter
from runner.ports.records.reports import ReportWriter
from runner.ports.records.runs import RunReader, RunWriter
from runner.ports.records.sources import SourceWriter
from runner.ports.records.stacks import StackReader, StackWriter


class StackUseReader(StackReader, RunReader, LockReader, Protocol):
    """Stacks and who uses them: their runs, and who locks them."""


class ConsentReader(ApprovalReader, DeclarationReader, AuditReader, Protocol):
    """Whether approvals hold: who gave them, under which terms, and how long ago."""


class QuestionReader(ConsentReader, StackReader, RunReader, Protocol):
    """A plan that waits for a yes, with everything that the yes is bound to."""


class StackRunWriter(StackWriter, RunWriter, Protocol):
    """A stack and its runs, which follow each other."""


class OutcomeWriter(StackRunWriter, ReportWriter, LockWriter, SourceWriter, Protocol):
    """What the end of a run changes: the run, its stack, report and lock, and sources that wait for its end."""
