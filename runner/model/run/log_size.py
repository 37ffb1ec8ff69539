"""How large the log of a run may become, wherever it is executed."""

LARGEST = 64 << 20
CUT = f"=== this log exceeds {LARGEST >> 20} MiB, and more of it is not kept"
