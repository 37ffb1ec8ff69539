"""terraform's own state lock, parsed from an error text: it has no JSON form.

terraform 1.11.4's http backend puts the lock *that could not be taken* under "Lock Info", and names only the
id of the existing one (`HTTP remote state already locked: ID=...`). All other backends show the holder's.
"""

import re

from runner.model.stack.lock import StateLock

_FACT = re.compile(r"^[ \t]*(ID|Path|Operation|Who|Version|Created):[ \t]*(\S.*?)?[ \t]*$", re.MULTILINE)
_IN_THE_WAY = re.compile(r"already\s+locked:\s+ID=(\S+)")


def read_lock(text: str) -> StateLock | None:
    """The blocking lock, as far as it is described; None if none is named."""
    facts = {name.lower(): value or "" for name, value in _FACT.findall(text)}
    named = _IN_THE_WAY.search(text)
    if named is not None and named[1] != facts.get("id"):
        return StateLock(named[1])
    return StateLock(**facts) if facts.get("id") else None
