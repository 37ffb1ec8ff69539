"""The service: its parts, its loop, its timetable, and its behaviour when it cannot write."""
