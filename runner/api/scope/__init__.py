"""The records as far as a caller may see them: what they may not see is as if it had never been.

`Reader.unscoped()` is for facts about a stack that one sees, such as what it waits for; names in such facts are
veiled (`runner/api/veil.py`).
"""
