"""Notifications: which events one gets, when they are sent, how many fold into one message, and what it says."""
