"""Who somebody is by the claims of an id token."""

from collections.abc import Mapping
from typing import Any

from runner.model.access.session import Identity


def identity_of(claims: Mapping[str, Any], groups_claim: str) -> Identity:
    """By mail address only where the issuer has verified it: else anybody could give that of somebody else."""
    subject = f"oidc:sub:{claims['sub']}"
    email = claims.get("email")
    verified = _is_text(email) and claims.get("email_verified") is True
    people = (f"oidc:user:{email}",) if verified else ()
    found = claims.get(groups_claim)
    groups = [one for one in found if _is_text(one)] if isinstance(found, list | tuple) else []
    return Identity(
        name=str(email) if verified else subject,
        known_by="oidc",
        subjects=(*people, subject, *(f"oidc:group:{name}" for name in groups)),
    )


def _is_text(given: object) -> bool:
    """JSON can hold halves of characters, which no database takes, and characters that no screen should get."""
    return isinstance(given, str) and bool(given) and given.isprintable()
