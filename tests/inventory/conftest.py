"""With the clock and the records of `tests/store`."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "store"))
