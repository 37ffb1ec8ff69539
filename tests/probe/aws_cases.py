"""Stacks on AWS: over forty resource types in four, since each plan costs seconds whatever their number."""

from case_events import EVENTS
from case_identity import IDENTITY
from case_network import NETWORK
from case_storage import STORAGE

AWS_CASES = (EVENTS, STORAGE, IDENTITY, NETWORK)
