"""Which hosts a notification may reach: public ones, and those that the operator allows by name."""

import ipaddress
import socket
from collections.abc import Collection

from runner.errors import NotDelivered

# IPv4 in IPv6 by a gateway: RFC 6052, section 2.1.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Inside, although `ipaddress` of some version of Python calls them global.
_INSIDE = tuple(
    map(
        ipaddress.ip_network,
        (
            "168.63.129.16/32",  # Azure's host, from every machine of Azure
            "192.0.0.0/24",  # RFC 6890, with the metadata service of Oracle's older cloud
            "::/96",  # IPv4 in IPv6, RFC 4291, section 2.5.5.1
            "::ffff:0:0:0/96",  # the same by a translator, RFC 2765
            "64:ff9b:1::/48",  # and by a translator of this network, RFC 8215
            "fec0::/10",  # RFC 3879
            "5f00::/16",  # segments of a network's own routers, RFC 9602
            "3fff::/20",  # documentation, RFC 9637
            "192.88.99.0/24",  # relays of 6to4, RFC 7526
        ),
    )
)
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: str) -> bool:
    """Whether no host of this machine, of its network or of its cloud's metadata has this address."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return all(_is_outside(one) for one in (found, *_embedded(found)))


def _is_outside(address: _Address) -> bool:
    return address.is_global and not address.is_multicast and not any(address in one for one in _INSIDE)


def _embedded(address: _Address) -> list[_Address]:
    """What a packet to it may reach in the end."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    teredo = address.teredo or ()
    nat64 = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
    return [one for one in (address.ipv4_mapped, address.sixtofour, *teredo, nat64) if one is not None]


def is_allowed(host: str, allowed: Collection[str]) -> bool:
    return host.casefold().rstrip(".") in {name.casefold() for name in allowed}


def addresses(host: str, port: int, allowed: Collection[str]) -> list[str]:
    """Those that may be connected to; NotDelivered if the host has none. The name is not resolved again afterwards."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotDelivered(f"{host} cannot be resolved: {error}", hint="driftline doctor") from None
    known = list(dict.fromkeys(str(one[4][0]) for one in found))
    if is_allowed(host, allowed):
        return known
    if inside := [one for one in known if not is_public(one)]:
        raise not_allowed(host, inside[0])
    return known


def not_allowed(host: str, address: str) -> NotDelivered:
    name = host if host == address else f"{host} ({address})"
    return NotDelivered(
        f"{name} is inside the network; to allow it, add {host} to notify.allow_hosts",
        hint="driftline config validate",
    )
