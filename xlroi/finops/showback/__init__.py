"""An allocation as a case of the model showback, from which its workbook is built, and as a journal."""

from xlroi.finops.showback.case import Extent, journal_csv, showback_case

__all__ = ["Extent", "journal_csv", "showback_case"]
