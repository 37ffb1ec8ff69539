"""The exception of those that tell states apart."""


class UnknownState(Exception):
    """Which bytes a state has is not known; the message says why, without any value of the backend's settings."""
