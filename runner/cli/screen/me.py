"""Who somebody is, drawn."""

from runner.api.me import MePage
from runner.cli.screen.output import Screen, Table

HEADS = ("ROLE", "STACKS")


def me_screen(page: MePage) -> Screen:
    yield f"{page.name} (known by {page.known_by})"
    if page.subjects:
        yield f"Subjects: {', '.join(page.subjects)}"
    yield Table(HEADS, [(one.role, ", ".join(one.stacks)) for one in page.roles], empty=no_role(page))


def no_role(page: MePage) -> str:
    """What somebody who may do nothing yet can tell whoever runs Driftline."""
    return f"No role yet. Whoever runs Driftline can add this to web.access:   - {page.binding}"
