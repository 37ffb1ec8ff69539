"""Driftline's figures, each beside what the bare tool takes in the same run."""
