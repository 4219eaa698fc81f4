"""Stands here so that tests in any folder below find what is beside it: `canned`."""
