"""The vendor's bill held against what was measured and agreed."""
