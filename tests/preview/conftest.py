import sys
from pathlib import Path

# What drives the commands lies beside their own tests.
sys.path.append(str(Path(__file__).parents[1] / "cli"))
