"""An allocation as a case of the model showback, from which its workbook is built."""

from xlroi.finops.showback.case import Extent, showback_case

__all__ = ["Extent", "showback_case"]
