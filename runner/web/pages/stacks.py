"""All stacks: how each stands on its three axes, to search and to narrow down."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from runner.api.caller import Caller
from runner.api.stack_list import list_stacks
from runner.model.stack.definition import DriftStatus, Health, Sync
from runner.model.values.frozen import dataclass
from runner.view.stack import StackRow
from runner.web.dashboard.html import html, link
from runner.web.dashboard.states import Look, of_state
from runner.web.identity.caller import page_caller

PATH = "/stacks"
ROWS = 100  # on one page

router = APIRouter(include_in_schema=False)
Axis = Sync | DriftStatus | Health
# Those that somebody looks for; the others are the rest.
CHOICES: Sequence[tuple[str, Axis]] = (
    ("sync", Sync.PENDING),
    ("drift", DriftStatus.DRIFTED),
    ("drift", DriftStatus.ERROR),
    ("health", Health.ERROR),
    ("health", Health.LOCKED),
    ("health", Health.PAUSED),
)


@dataclass(frozen=True)
class Filter:
    """What the address asks for. `q` is looked for in names, notes and labels."""

    q: str = ""
    sync: str = ""
    drift: str = ""
    health: str = ""
    label: tuple[str, ...] = ()
    page: int = 1

    def fits(self, row: StackRow) -> bool:
        wanted = ((self.sync, row.sync), (self.drift, row.drift), (self.health, row.health))
        return all(not word or word == state.value for word, state in wanted) and self._found(row)

    def _found(self, row: StackRow) -> bool:
        labels = " ".join(f"{key}={value}" for key, value in row.labels.items())
        text = f"{row.name} {labels} {row.note}".lower()
        return all(word in text for word in self.q.lower().split())

    @property
    def any(self) -> bool:
        return self != Filter(page=self.page)

    def url(self, **changed: object) -> str:
        """The address of the list with this changed, from its first page on."""
        return link(PATH, **vars(replace(self, **{"page": 1} | changed)) | _first(changed))  # type: ignore[arg-type] # the names are those of the fields

    def labelled(self, label: str) -> str:
        """With a label, or without it where it is asked for already."""
        rest = tuple(one for one in self.label if one != label)
        return self.url(label=rest if label in self.label else (*self.label, label))


def _first(changed: dict[str, object]) -> dict[str, object]:
    """The first page is the address without a number."""
    page = changed.get("page", 1)
    return {"page": page if page != 1 else None}


@dataclass(frozen=True)
class Choice:
    look: Look
    count: int
    link: str
    chosen: bool


@dataclass(frozen=True)
class Pages:
    now: int
    of: int
    before: str | None
    after: str | None


@router.get(PATH)
def stacks(
    request: Request,
    caller: Annotated[Caller, Depends(page_caller)],
    q: str = "",
    sync: str = "",
    drift: str = "",
    health: str = "",
    label: Annotated[tuple[str, ...], Query()] = (),
    page: Annotated[int, Query(ge=1)] = 1,
) -> HTMLResponse:
    asked = Filter(q.strip(), sync, drift, health, label, page)
    every = list_stacks(caller, label=label)
    found = [row for row in every if asked.fits(row)]
    pages = _pages(asked, len(found))
    shown = found[(pages.now - 1) * ROWS : pages.now * ROWS]
    return html(
        request,
        "stacks.html",
        caller,
        asked=asked,
        choices=tuple(_choices(asked, every)),
        rows=shown,
        found=len(found),
        total=len(every),
        pages=pages,
    )


def _choices(asked: Filter, every: Sequence[StackRow]) -> Iterator[Choice]:
    counts = {
        axis: Counter(getattr(row, axis).value for row in every) for axis in ("sync", "drift", "health")
    }
    for axis, state in CHOICES:
        chosen = getattr(asked, axis) == state.value
        count = counts[axis][state.value]
        if count or chosen:
            yield Choice(of_state(state), count, asked.url(**{axis: "" if chosen else state.value}), chosen)


def _pages(asked: Filter, found: int) -> Pages:
    last = max(1, -(-found // ROWS))
    now = min(asked.page, last)
    return Pages(
        now,
        last,
        before=asked.url(page=now - 1) if now > 1 else None,
        after=asked.url(page=now + 1) if now < last else None,
    )
