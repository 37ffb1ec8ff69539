"""Short names that the operator gives: of sources, contexts, policies, pools and the like."""

import re

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
EXPECTED = "expected 1 to 64 of a-z, 0-9 and . _ -, with a letter or digit first"
