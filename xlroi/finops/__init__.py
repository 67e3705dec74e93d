"""Bills of cloud providers: read exactly, profiled, and allocated to those who caused them.

Money is decimal from the file to the report. What is computed over rows is a narwhals expression, so that the same one
runs in DuckDB and in Apache Spark; an engine only reads files and keeps results (``duck.py``).
"""
