"""The acts by name, and those that a seed chooses."""

import random
from collections.abc import Callable, Mapping

from adversaries.hostile import descriptors, files, processes
from adversaries.hostile.hand import Hand

ACTS: Mapping[str, Callable[[Hand], None]] = {
    act.__name__: act
    for act in (
        files.change_modes,
        files.change_owners,
        files.remove,
        files.rename,
        files.exchange,
        files.overwrite,
        files.plant,
        files.replace_own_folders,
        files.sparse,
        files.deep,
        files.many,
        files.lock_files,
        descriptors.write_to_inherited,
        descriptors.spoil_inherited,
        descriptors.unlock_inherited,
        descriptors.write_to_others,
        descriptors.lock_everything,
        descriptors.type_on_terminals,
        descriptors.call_services,
        processes.trace,
        processes.limit,
        processes.slow_down,
        processes.leave_children,
        processes.signal_everybody,
    )
}
# Of so many plans one is ended by its own code, so that most go on to tell of what they could do.
_SELDOM = {"signal_everybody": 5, "write_to_others": 4, "write_to_inherited": 3, "spoil_inherited": 3}


def chosen(seed: int) -> list[str]:
    """In a random order, some of them more than once."""
    chance = random.Random(seed)
    names = chance.choices(sorted(ACTS), k=chance.randint(3, 12))
    return [name for name in names if name not in _SELDOM or chance.randrange(_SELDOM[name]) == 0]
