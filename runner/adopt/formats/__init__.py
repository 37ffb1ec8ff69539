"""The files of other tools: one module and one row of `table.py` each."""
