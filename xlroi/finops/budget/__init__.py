"""What the cloud will cost to the end of the fiscal year, held against the budget."""
