import sys
from pathlib import Path

# Records without Git and terraform, an AWS that is moto, and what a forge makes of Markdown.
for room in ("records", "aws", "forge"):
    sys.path.append(str(Path(__file__).parents[1] / room))

from aws_world import aws, identity, moto  # noqa: E402 - see above

__all__ = ["aws", "identity", "moto"]
