"""Everything that is recorded of one run, as one JSON document."""

from runner.app import App
from runner.cli import shapes
from runner.model.changes.changes import ChangeSet
from runner.model.run.life import Run, State
from runner.service.approval.terms import run_terms
from runner.service.drift.rules import ignored_by_rule
from runner.view.document import document
from runner.view.terms import terms_view


def run_document(app: App, run: Run) -> shapes.Plain:
    with app.store.reading() as reader:
        run = reader.run(run.id)
        details = shapes.run_details(
            run,
            commit=reader.commit(run.source, run.revision),
            changes=reader.changes(run.id),
            binding=reader.binding(run.id),
            approvals=reader.approvals(run.id),
            diagnostics=reader.diagnostics(run.id),
            outputs=reader.outputs(run.id),
            evidence=reader.evidence(run.id),
            steps=reader.steps(run.id),
        )
        waits = run.state in {State.AWAITING_APPROVAL, State.APPROVED}
        people = app.settings.approvals.people
        terms = document(terms_view(run_terms(app.settings, reader, run), people)) if waits else None
        ignored = ignored_by_rule(app.settings, reader, run, reader.changes(run.id) or ChangeSet())
        renamed = None if run.final else reader.stack(run.stack).renamed_from
        return {
            **details,
            "terms": terms,
            "renamed_from": renamed,
            "ignored": [shapes.ignored(one) for one in ignored],
        }
