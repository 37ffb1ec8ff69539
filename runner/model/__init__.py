"""Pure nouns: frozen values and the decisions over them. No effects, and only the standard library.

`yaml_text.py` alone loads PyYAML, and only when a diff needs it. The dataclasses have no slots: Python builds such a
class twice, which cost 40 ms at the start of every command.
"""
