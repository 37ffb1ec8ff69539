"""Pure nouns: frozen values and the decisions over them. No effects, and nothing but the standard library.

The dataclasses have no slots: Python makes such a class twice, which took 40 ms of every command's start.
"""
