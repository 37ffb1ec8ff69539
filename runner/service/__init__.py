"""The verbs, one a file. They decide with `model` and act through `ports`."""
