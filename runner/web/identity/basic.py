"""A name and a password, as HTTP's Basic scheme sends them (RFC 7617)."""

from base64 import b64decode


def credentials_in(encoded: str) -> tuple[str, str]:
    """Empty ones if it is no such text."""
    try:
        name, _, password = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # binascii.Error, or it is no ASCII, or no UTF-8
        return "", ""
    return name, password
