"""How a plan was made, in words."""

from runner.model.warm.compared import HowPlanned
from runner.model.warm.provider import Way
from runner.view.words import counted


def how_planned(of: HowPlanned) -> str:
    """How a plan was made, and why not with warm providers alone; empty where there is no provider."""
    match of.way:
        case Way.REPLAYED:
            return "by its providers alone"
        case Way.PROBED:
            ago = f", compared {counted(of.plans, 'plan')} ago" if of.plans else ""
            return f"with warm providers{ago}"
        case Way.COMPARED:
            return f"with warm providers and in full: {of.reason}"
        case _:
            return f"in full: {of.reason}" if of.providers or of.reason else ""
