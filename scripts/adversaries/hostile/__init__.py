"""What runs inside the plan: the standard library only, for it is copied into the folder of a provider."""
