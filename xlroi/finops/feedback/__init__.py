"""What a bill measures, back into the models that planned it."""
