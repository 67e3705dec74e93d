"""Templates and cases: what a model is, what a user fills in, and where each stands in its file."""
