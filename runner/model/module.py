"""What a Terraform module's files say about themselves, as far as Driftline needs to know without running it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Backend:
    """`settings` holds literals only; what is computed is left as its source text, and named in `computed`."""

    type: str
    settings: dict[str, Any] = field(default_factory=dict)
    computed: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModuleFacts:
    """Of the `*.tf`, `*.tf.json`, `*.tofu` files directly in one folder."""

    calls: tuple[str, ...] = ()  # the `source` of each module block
    backend: Backend | None = None  # `Backend("cloud")` for a cloud block
    required_version: str | None = None
    provisioners: tuple[str, ...] = ()  # addresses with a provisioner, and external data sources
    unreadable: tuple[str, ...] = ()  # files that are not valid HCL; terraform will say why
    providers: tuple[tuple[str, str], ...] = ()  # local name and source, as `required_providers` has them
    metas: tuple[str, ...] = ()  # providers with a `provider_meta` block
    overriding: tuple[str, ...] = ()  # override files that say where state or code is, or what runs
