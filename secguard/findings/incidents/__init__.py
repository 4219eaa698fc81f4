"""Findings that are one thing, and its story in the order of time."""
