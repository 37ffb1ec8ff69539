import sys
from pathlib import Path

# What drives the commands, and what looks at pages, lies beside their own tests.
sys.path.append(str(Path(__file__).parents[1] / "cli"))
sys.path.append(str(Path(__file__).parents[1] / "web"))
