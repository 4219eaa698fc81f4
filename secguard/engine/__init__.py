"""Observe, plan, apply, verify, record, undo. Knows no AWS library and no screen."""
