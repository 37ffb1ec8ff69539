"""Artifacts that a run keeps for later ones, by name."""

SECRETS = "plan.secrets"  # what has to stay masked
OUTPUTS = "outputs.json"  # of its state, which other stacks take
