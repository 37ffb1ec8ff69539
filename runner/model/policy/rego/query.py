"""One query for many rules."""

import json
from collections.abc import Mapping


def query_of(rules: Mapping[str, str]) -> str:
    """An object of the values of each rule by its label: a rule without one makes a query undefined, but not a list of
    its values.
    """
    return "{" + ", ".join(f"{json.dumps(label)}: [v | v = {path}]" for label, path in rules.items()) + "}"
