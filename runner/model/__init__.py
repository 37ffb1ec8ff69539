"""Pure nouns: frozen values and the decisions over them. No effects, and nothing but the standard library;
`yaml_text.py` alone loads PyYAML, and only where a diff needs it.

The dataclasses have no slots: Python makes such a class twice, which took 40 ms of every command's start.
"""
