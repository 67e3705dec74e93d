"""Lines evaluated over arrays: [trials, members, steps], errors as values, roots of flows."""
