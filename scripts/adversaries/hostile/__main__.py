"""Do what the seed says, and print what could be done.

It would be the ruin of a machine on which nothing holds it, so outside of namespaces it does nothing and says so.
"""

import json
import os
import sys

from adversaries.hostile.acts import ACTS, chosen
from adversaries.hostile.hand import Hand

OPEN = "nothing confines this plan"


def main() -> None:
    seed, outside, known = int(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
    if not walled(outside):
        print(json.dumps({OPEN: 1}))
        return
    hand = Hand(seed, tuple(known))
    for name in chosen(seed):
        hand.act = name
        try:
            ACTS[name](hand)
        except OSError:
            hand.refused[name] += 1
    shown = {name: [hand.done[name], hand.refused[name]] for name in chosen(seed)}
    print(json.dumps(shown), flush=True)
    os._exit(0)


def walled(outside: str) -> bool:
    """In a PID namespace other than the tester's, with a root that is read-only."""
    mine = os.readlink("/proc/self/ns/pid")  # noqa: PTH115
    return mine != outside and bool(os.statvfs("/").f_flag & os.ST_RDONLY)


if __name__ == "__main__":
    main()
