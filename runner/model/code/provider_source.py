"""The full address of a provider, so that a pattern of the operator means what it seems to mean."""

# The provider of terraform_data, which is part of every engine.
BUILT_IN = "terraform.io/builtin/terraform"
NAMESPACE = "hashicorp"


def provider_address(source: str, registry: str) -> str:
    """HOST/NAMESPACE/TYPE of a source as `required_providers` has it; `registry` is the engine's own.

    Three parts begin with a host, also where it has no dot in it.
    """
    parts = source.lower().split("/")
    if len(parts) == 1:
        parts = [NAMESPACE, *parts]
    return "/".join(parts if len(parts) > 2 else [registry, *parts])


def implied_address(name: str, registry: str) -> str:
    """Of a provider whose name is all that a module says of it."""
    return BUILT_IN if name == "terraform" else provider_address(name, registry)
