"""The dashboard: each page calls the operations that it shows or performs, and draws their views."""
