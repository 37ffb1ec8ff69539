"""sd_notify(3): report the service's status to systemd, over the datagram socket that it names."""

import os
import socket

from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Notifier:
    """Does nothing if `NOTIFY_SOCKET` is not set. An address with a leading @ is abstract."""

    address: str | None = None
    watchdog_seconds: float | None = None

    @classmethod
    def from_environment(cls) -> "Notifier":
        """`WATCHDOG_USEC` counts only for the process that `WATCHDOG_PID` names."""
        usec, pid = os.environ.get("WATCHDOG_USEC"), os.environ.get("WATCHDOG_PID")
        meant = usec is not None and (pid is None or pid == str(os.getpid()))
        return cls(os.environ.get("NOTIFY_SOCKET"), int(usec) / 1e6 if usec and meant else None)

    def say(self, **fields: str | int) -> None:
        """Each field becomes a line such as READY=1; a missing socket is no reason to stop working."""
        if not self.address:
            return
        message = "\n".join(f"{name}={value}" for name, value in fields.items())
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
                sock.sendto(message.encode(), address)
        except OSError:
            return
