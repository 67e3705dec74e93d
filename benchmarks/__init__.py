"""Speed as ratios in one run: xlroi against a named peer or floor."""
