"""The service: what it works with, its loop, its timetable, and how it behaves where it cannot write."""
