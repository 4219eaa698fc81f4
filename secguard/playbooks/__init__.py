"""The catalogue of answers to findings: one YAML file each, the reader that checks it, the planner."""
