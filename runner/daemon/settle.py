"""What follows from the settings themselves, once they are read: sources and pull requests that are no longer configured end."""

from runner.daemon.parts import Parts
from runner.service.cycle.left_git import retire_sources
from runner.service.forge.retire import retire_forges
from runner.service.preview.retire import retire_pulls
from runner.service.queue.next_check import reschedule


def settle(parts: Parts) -> None:
    control, settings = parts.worker.control, parts.settings
    retire_sources(control.store, settings)
    retire_pulls(control.store, settings, control.clock)
    retire_forges(control.store, settings)
    reschedule(control.store, settings.drift, control.clock.now())
