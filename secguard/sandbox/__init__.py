"""A local AWS: moto, completed where it is silent and corrected where it lies, with a breach in it."""
