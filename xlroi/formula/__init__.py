"""The language: text to a checked tree, and the tree back to cells or to words.

This room knows nothing of models, files or NumPy. ``docs/semantics.md`` numbers
the rules that it keeps.
"""
