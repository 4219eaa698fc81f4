"""Suppression rules: which findings need not be looked at, why, on whose word and until when."""
