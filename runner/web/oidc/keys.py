"""The keys that an issuer signs with."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any


def names_key(found: Mapping[str, Any], kid: object) -> bool:
    return any(key.get("kid") == kid for key in _keys(found))


def key_set(found: Mapping[str, Any]) -> Any:
    """Those that can be used. One of a kind that is not known keeps nobody out (RFC 7517, section 5)."""
    from joserfc.errors import JoseError
    from joserfc.jwk import JWKRegistry, KeySet

    usable = []
    for key in _keys(found):
        # KeyError: a curve that is not known.
        with suppress(JoseError, ValueError, TypeError, KeyError):
            usable.append(JWKRegistry.import_key(key))
    return KeySet(usable)


def _keys(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    keys = found.get("keys")
    return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []
