"""Policies: Rego engines and scanners, each started as a confined process, and the folders that policies are in."""
