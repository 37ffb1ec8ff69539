"""Which addresses count as one, where it is bounded what one client may do."""

from ipaddress import IPv6Address, ip_address, ip_network

# Every host of a network can take any address of it (RFC 4291, 2.5.4), and a customer has at least one such network.
_ONE_CUSTOMER = 64  # bits


def client_network(address: str) -> str:
    """The address itself, or the network of an IPv6 address. What is no address, such as `this host`, stays."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return address
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ip_network((int(known), _ONE_CUSTOMER), strict=False))
