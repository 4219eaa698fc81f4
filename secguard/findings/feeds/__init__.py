"""The APIs that have findings, and how many places are read at once, each finding once."""
