"""A plan-time adversary: code that a plan executes does what harm it can, and nothing of it may be left in the next plan."""
