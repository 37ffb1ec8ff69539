"""Combinations of nouns, for functions that need just these."""

from __future__ import annotations

from typing import Protocol

from runner.ports.records.approvals import ApprovalReader
from runner.ports.records.audit import AuditReader
from runner.ports.records.cloud_events import CloudEventReader
from runner.ports.records.declarations import DeclarationReader
from runner.ports.records.inventory import CoverageReader
from runner.ports.records.locks import LockReader, LockWriter
from runner.ports.records.pulls import PullReader
from runner.ports.records.reports import ReportReader, ReportWriter
from runner.ports.records.runs import RunReader, RunWriter
from runner.ports.records.sources import SourceReader, SourceWriter
from runner.ports.records.stacks import StackReader, StackWriter


class StackUseReader(StackReader, RunReader, LockReader, Protocol):
    """Stacks, their runs and their locks."""


class CoverageUseReader(CoverageReader, CloudEventReader, Protocol):
    """What accounts have, and which changes of it were reported."""


class ConsentReader(ApprovalReader, DeclarationReader, AuditReader, Protocol):
    """Whether approvals are valid: who gave them, under which terms, and when."""


class RunConsentReader(ConsentReader, RunReader, Protocol):
    """Runs, and whether their approvals are valid."""


class QuestionReader(
    ConsentReader, StackReader, RunReader, LockReader, ReportReader, SourceReader, PullReader, Protocol
):
    """A plan that waits for approval, with everything that the approval is bound to, and what may let it pass without one."""


class StackRunWriter(StackWriter, RunWriter, Protocol):
    """A stack and its runs."""


class OutcomeWriter(StackRunWriter, ReportWriter, LockWriter, SourceWriter, Protocol):
    """What the end of a run changes: the run, its stack, report and lock, and sources that waited for it."""
