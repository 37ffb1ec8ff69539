"""Everything that is recorded of one run, as one JSON document."""

from runner.app import App
from runner.cli import shapes
from runner.model.run import Run


def run_document(app: App, run: Run) -> shapes.Plain:
    with app.store.reading() as reader:
        run = reader.run(run.id)
        return shapes.run_details(
            run,
            commit=reader.commit(run.source, run.revision),
            changes=reader.changes(run.id),
            binding=reader.binding(run.id),
            approvals=reader.approvals(run.id),
            diagnostics=reader.diagnostics(run.id),
            outputs=reader.outputs(run.id),
            evidence=reader.evidence(run.id),
        )
