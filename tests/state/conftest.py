import sys
from pathlib import Path

# What drives the commands, and the web server, lies beside their own tests.
for beside in ("cli", "web"):
    sys.path.append(str(Path(__file__).parents[1] / beside))
