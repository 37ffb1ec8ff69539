"""An error caused by a damaged row, as one that names the row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runner.errors import RowDamaged
from runner.store.faults import UNREADABLE, restore_hint

if TYPE_CHECKING:
    from runner.store.connection import Connections


@contextmanager
def explained(connections: Connections) -> Iterator[None]:
    """RowDamaged instead of an error caused by a damaged row; only then are the rows searched."""
    try:
        yield
    except UNREADABLE as error:
        from runner.store.damage import damages

        with connections.snapshot() as connection:
            damaged = next(damages(connection), None)
        if damaged is None:
            raise
        raise RowDamaged(
            path=connections.path, problem=damaged, hint=restore_hint(connections.path)
        ) from error
