"""Git through GitPython: one bare mirror a source, read without a checkout."""
