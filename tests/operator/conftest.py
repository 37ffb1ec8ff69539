import sys
from pathlib import Path

# What starts the daemon lies beside the tests of the commands.
sys.path.append(str(Path(__file__).parents[1] / "cli"))
