"""What happened in plain words: one module per kind of thing that happens."""
