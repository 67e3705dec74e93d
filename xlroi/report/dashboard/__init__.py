"""The dashboard of what bills cost: one HTML file that loads nothing."""
