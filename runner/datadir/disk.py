"""The disk under the data directory. Satisfies `ports.Disk`."""

from runner.host.files import free_bytes
from runner.model.schedule.disk_room import shortage
from runner.model.settings.server import Settings
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class DataDisk:
    settings: Settings

    def shortage(self) -> str | None:
        folder = self.settings.data_dir
        try:
            free = free_bytes(folder)
        except OSError:
            free = None
        return shortage(free, self.settings.executor.min_free, str(folder))
