"""Git through GitPython: one bare mirror per source, read without a checkout."""
