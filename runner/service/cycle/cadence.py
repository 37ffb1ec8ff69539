"""How often each source is polled now: the facts from the records, for the decision of the model."""

from collections.abc import Iterable
from datetime import datetime

from runner.model.preview.pull_request import PullState
from runner.model.run.life import Run
from runner.model.schedule.polling import Cadence, PollFacts, PollMeasures, cadence
from runner.model.settings.source import AUTO, SourceSettings
from runner.ports.records.store import Reader


def cadences(
    reader: Reader, sources: Iterable[SourceSettings], measures: PollMeasures, now: datetime
) -> dict[str, Cadence]:
    runs = [run for run in reader.open_runs() if not run.kind.only_reads]
    return {
        source.name: cadence(
            _facts(reader, source, [run for run in runs if run.source == source.name], measures), now
        )
        if source.poll == AUTO
        else Cadence(float(source.poll), "")
        for source in sources
    }


def _facts(reader: Reader, source: SourceSettings, runs: list[Run], measures: PollMeasures) -> PollFacts:
    status = reader.source(source.name)
    pulls = () if source.previews is None else reader.pull_requests(source.name, (PullState.OPEN,))
    pushed = [one for one in (status.moved_at, *(pull.seen_at for pull in pulls)) if one is not None]
    return PollFacts(
        failures=status.failures,
        moved_at=max(pushed, default=None),
        changed_at=max((one.changed_at for one in (*runs, *pulls)), default=None),
        looked_at=measures.looked_at,
        executing=any(run.claim is not None for run in runs),
        open_runs=bool(runs),
        open_requests=bool(pulls),
        cost=measures.costs.get(source.name),
    )
