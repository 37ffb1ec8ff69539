"""Rows -> runs that nobody executes."""

import sqlite3
from datetime import datetime

from runner.model.run.life import Kind, State, Trigger
from runner.model.run.unclaimed import Unclaimed
from runner.store.rows import time_or_none

# For rows of which there are tens of thousands: calling an enumeration takes ten times as long.
_KINDS = {one.value: one for one in Kind}
_STATES = {one.value: one for one in State}
_TRIGGERS = {one.value: one for one in Trigger}


def unclaimed_of(row: sqlite3.Row) -> Unclaimed:
    number, stack, source, kind, state, trigger, definition, managed, identity, account, changed, until = row
    return Unclaimed(
        number,
        stack,
        source,
        _KINDS[kind],
        _STATES[state],
        _TRIGGERS[trigger],
        definition,
        bool(managed),
        identity,
        account,
        datetime.fromisoformat(changed),
        time_or_none(until),
    )
