"""What is known of an apply whose end is not, in words."""

from collections.abc import Iterator

from runner.model.run.evidence import Evidence


def evidence_facts(of: Evidence) -> Iterator[tuple[str, str]]:
    """The name of each fact, and what it is."""
    facts = (
        ("how it ended", _ending(of.exit_code)),
        ("not finished", ", ".join(of.unfinished)),
        ("state serial", _serials(of)),
        ("state lock", _lock(of)),
        ("kept state", ", ".join(of.salvaged)),
    )
    yield from (fact for fact in facts if fact[1])


def _ending(exit_code: int | None) -> str:
    if exit_code is None:
        return "unknown: the processes were gone and no result was recorded"
    return f"ended by signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"


def _serials(evidence: Evidence) -> str:
    before, after = evidence.serial_before, evidence.serial_after
    if before is None and after is None:
        return ""
    known = [("?" if serial is None else str(serial)) for serial in (before, after)]
    moved = " (it has been written since)" if None not in {before, after} and before != after else ""
    return f"{known[0]} when it was planned, {known[1]} now{moved}"


def _lock(evidence: Evidence) -> str:
    if evidence.lock is None:
        return ""
    return f"{evidence.lock}" + ("; by this run" if evidence.lock_is_ours else "; not by this run")
