"""``python -m xlroi`` is the command line on every platform."""

from xlroi.cli import main

main()
