"""Which start of this host this is."""

from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def boot_of_this_host() -> str:
    """Differs after each reboot, and on another host. Empty where the kernel does not say."""
    return _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""
