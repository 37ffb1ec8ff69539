"""Names of this host."""

import ipaddress


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listens_on_loopback(listen: str) -> bool:
    """`listen` is a host and a port, such as `[::1]:8080`."""
    return is_loopback(listen.rpartition(":")[0].strip("[]"))
