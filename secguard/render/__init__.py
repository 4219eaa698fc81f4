"""Values in, tables and machine formats out; the only importer of rich."""
