"""What reaches the variables of stacks, as the settings say it: the daemon's environment is known to the daemon only."""

from runner.model.code.surroundings import Surroundings
from runner.model.settings.server import Settings


def beside(settings: Settings) -> Surroundings:
    return Surroundings(settings.contexts, settings.engines.env)
