"""Which pages of the dashboard are shown in the documentation."""

from dataclasses import dataclass
from typing import Literal

from tour import ROOT

IMAGES = ROOT / "docs" / "images"
MOST = 150_000  # bytes of an image


@dataclass(frozen=True)
class Shot:
    """`path` may name the run that waits for approval, and the report of the drift."""

    name: str
    path: str
    scheme: Literal["light", "dark"] = "light"


SHOTS = (
    Shot("page-overview", "/"),
    Shot("page-overview-dark", "/", "dark"),
    Shot("page-stacks", "/stacks", "dark"),
    Shot("page-stack", "/stacks/network/firewall"),
    Shot("page-run", "/runs/{run}"),
    Shot("page-run-dark", "/runs/{run}", "dark"),
    Shot("page-drift", "/drift/{report}"),
    Shot("page-graph", "/graph", "dark"),
    Shot("page-notifications", "/notifications"),
)
