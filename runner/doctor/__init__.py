"""The checks of `driftline doctor`: one function each, with facts and how to fix a problem."""
