"""What a monitor, a scheduler or a benchmark measured, as values with range, source and date, into a case."""
