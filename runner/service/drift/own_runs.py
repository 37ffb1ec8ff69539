"""The runs of this installation that applied something, with the roles that they assumed."""

from dataclasses import replace
from datetime import datetime

from runner.errors import NotFound
from runner.model.settings.context import furnished
from runner.model.settings.server import Settings
from runner.model.suspects.own import OwnRun
from runner.ports.records.store import Reader


def own_runs(reader: Reader, settings: Settings, since: datetime, until: datetime) -> dict[str, OwnRun]:
    """By name. A role that a context gives is that of today: after a change, calls with the old one are nobody's."""
    found = reader.applies_between(since, until)
    return {name: replace(run, role=_role(reader, settings, name)) for name, run in found.items()}


def _role(reader: Reader, settings: Settings, name: str) -> str:
    """As its credentials were asked for."""
    run = reader.run(int(name.removeprefix("run-")))
    try:
        definition = reader.definition(run.definition)
    except NotFound:
        return ""
    aws = furnished(settings.contexts, definition, run.source).aws
    return aws.apply_role or aws.plan_role or ""
