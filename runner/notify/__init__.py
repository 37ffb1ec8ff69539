"""Channels that notifications are delivered by. `channels.py` has a row for each."""
