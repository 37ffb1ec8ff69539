"""The full address of a provider, so that the operator's patterns match what they appear to match."""

# The provider of terraform_data, which is built into every engine.
BUILT_IN = "terraform.io/builtin/terraform"
NAMESPACE = "hashicorp"


def provider_address(source: str, registry: str) -> str:
    """HOST/NAMESPACE/TYPE for a source in `required_providers`; `registry` is the engine's own.

    In an address of three parts the first is a host, even without a dot.
    """
    parts = source.lower().split("/")
    if len(parts) == 1:
        parts = [NAMESPACE, *parts]
    return "/".join(parts if len(parts) > 2 else [registry, *parts])


def implied_address(name: str, registry: str) -> str:
    """The address of a provider for which a module gives only the name."""
    return BUILT_IN if name == "terraform" else provider_address(name, registry)
