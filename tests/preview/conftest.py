import sys
from pathlib import Path

# What drives the commands, looks at pages and hears messages lies beside their own tests.
sys.path.append(str(Path(__file__).parents[1] / "cli"))
sys.path.append(str(Path(__file__).parents[1] / "web"))
sys.path.append(str(Path(__file__).parents[1] / "notify"))
sys.path.append(str(Path(__file__).parents[1] / "store"))
