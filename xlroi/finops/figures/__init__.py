"""Figures of a bill: savings rates, commitments, tags, movers, cost per unit, anomalies, and what could be saved."""
