"""The disk under the data directory. Satisfies `ports.Disk`."""

from runner.model.schedule.disk_room import shortage
from runner.model.settings.server import Settings
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class DataDisk:
    settings: Settings

    def shortage(self) -> str | None:
        import shutil

        folder = self.settings.data_dir
        try:
            free = shutil.disk_usage(folder).free
        except OSError:
            free = None
        return shortage(free, self.settings.executor.min_free, str(folder))
