"""What the server and its client agree on, besides the operations."""

PREFIX = "/api/v1"
VERSION = "Driftline-Version"  # the header of every answer
DEVICE_LOGIN = f"{PREFIX}/login/device"
LOGOUT = f"{PREFIX}/logout"
WORK = f"{PREFIX}/work"  # what workers of pools ask
FENCE = "Driftline-Fence"  # the header by which they name their lease
