"""The workbook: expressions placed in cells, spelled as formulas, valued by the engine, dressed and written."""
