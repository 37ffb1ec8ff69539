"""Bringing users of other tools over: their files and folders are read, and stack files written."""
