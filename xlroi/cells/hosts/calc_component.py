"""The add-in as LibreOffice loads it, in its own Python; see ``calc`` for how it gets there.

Calc asks the add-in for each function's names and descriptions when the first formula is computed, finds its arguments
in the type library, and then calls the method with the function's name.
"""

# ruff: noqa: ARG002, N802  # names and arguments are UNO's
from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import unohelper  # type: ignore[import-not-found]
from com.sun.star.lang import Locale, XServiceInfo, XServiceName  # type: ignore[import-not-found]
from com.sun.star.sheet import LocalizedName, XAddIn, XCompatibilityNames  # type: ignore[import-not-found]
from org.xlroi import XFunctions  # type: ignore[import-not-found]

if sys.version_info < (3, 10):  # noqa: UP036  # not the Python that the project is for
    raise ImportError("xlroi needs a LibreOffice with Python 3.10 or newer")

from xlroi.cells.generated import SPECS
from xlroi.cells.hosts.calc_values import arrived, sent
from xlroi.cells.hosts.worker import Worker
from xlroi.cells.runtime import Spec, call
from xlroi.values import VALUE

NAME = "org.xlroi.Functions"
SERVICES = ("com.sun.star.sheet.AddIn", NAME)
FUNCTIONS = {spec.name: spec for spec in SPECS}
WORKER = Worker(Path(__file__).with_name("python.txt").read_text(encoding="utf-8"))
ENGLISH = Locale("en", "US", "")


def answer(spec: Spec, given: tuple[Any, ...]) -> Any:
    """The value of a call, as Calc takes it; never an exception, which would show as another error."""
    try:
        values = [arrived(value, parameter.kind) for value, parameter in zip(given, spec.parameters, strict=True)]
        try:
            found = call(spec, values)
        except ImportError:  # it needs what only the installed xlroi has
            found = WORKER.call(spec.name, values)
        return sent(found)
    except Exception:
        logging.getLogger("xlroi").exception(spec.name)
        return sent(VALUE)


class Functions(unohelper.Base, XFunctions, XAddIn, XCompatibilityNames, XServiceName, XServiceInfo):  # type: ignore[misc]
    """All functions; the methods of this class's interfaces are named by UNO."""

    def __init__(self, context: Any) -> None:
        self._locale = ENGLISH

    def __getattr__(self, name: str) -> Any:
        """The method of a function."""
        if name not in FUNCTIONS:
            raise AttributeError(name)
        return lambda *given: answer(FUNCTIONS[name], given)

    # Names are the same everywhere: in Calc, in this interface and in files.
    def getProgrammaticFuntionName(self, display: str) -> str:  # UNO's own spelling
        return display

    def getDisplayFunctionName(self, name: str) -> str:
        return name

    def getCompatibilityNames(self, name: str) -> tuple[Any, ...]:
        return (LocalizedName(ENGLISH, name),)

    def getFunctionDescription(self, name: str) -> str:
        return FUNCTIONS[name].summary

    def getDisplayArgumentName(self, name: str, place: int) -> str:
        return FUNCTIONS[name].parameters[place].name

    def getArgumentDescription(self, name: str, place: int) -> str:
        return FUNCTIONS[name].parameters[place].help

    def getProgrammaticCategoryName(self, name: str) -> str:
        return "Financial"

    def getDisplayCategoryName(self, name: str) -> str:
        return "Financial"

    def setLocale(self, locale: Any) -> None:
        self._locale = locale

    def getLocale(self) -> Any:
        return self._locale

    def getServiceName(self) -> str:
        return NAME

    def getImplementationName(self) -> str:
        return NAME

    def supportsService(self, name: str) -> bool:
        return name in SERVICES

    def getSupportedServiceNames(self) -> tuple[str, ...]:
        return SERVICES


g_ImplementationHelper = unohelper.ImplementationHelper()  # noqa: N816  # the name that LibreOffice looks for
g_ImplementationHelper.addImplementation(Functions, NAME, SERVICES)
