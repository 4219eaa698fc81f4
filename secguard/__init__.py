"""Cover AWS accounts, see every finding in one ranked table, contain what matters and take it back."""

__version__ = "0.1.0"
