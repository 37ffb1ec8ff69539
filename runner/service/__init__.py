"""The verbs, one per file. They decide with `model` and act through `ports`."""
