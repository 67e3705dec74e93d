"""Questions asked of a model: what stands behind a number."""
