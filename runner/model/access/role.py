"""Roles: what somebody may do who does not act on the host itself."""

from enum import StrEnum


class Role(StrEnum):
    """In order: each may do what those before it may."""

    VIEWER = "viewer"  # look
    OPERATOR = "operator"  # plan, check, acknowledge, pause
    APPROVER = "approver"  # approve, reject, heal
    OWNER = "owner"  # locks, resolve, force-unlock, accept-state
    ADMIN = "admin"  # tokens, sources

    def includes(self, other: "Role") -> bool:
        return _RANK[self] >= _RANK[other]


_RANK = {role: rank for rank, role in enumerate(Role)}
