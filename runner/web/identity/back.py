"""Where to go after a login: a page of this server, whatever the address of the login page says."""

from urllib.parse import urlsplit

HOME = "/"


def safe_next(given: str) -> str:
    """The path and query, if they can mean nothing but a page of this server."""
    if not given.startswith("/") or given.startswith(("//", "/\\")):
        return HOME
    if any(ord(one) <= ord(" ") or one == "\\" or ord(one) == 0x7F for one in given):
        return HOME  # browsers drop tabs and newlines, and read a backslash as a slash
    try:
        parts = urlsplit(given)
    except ValueError:
        return HOME
    return HOME if parts.scheme or parts.netloc or parts.path.startswith("/login") else given
