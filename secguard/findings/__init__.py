"""Where findings come from, how they are asked for, and which an operator reads first."""
