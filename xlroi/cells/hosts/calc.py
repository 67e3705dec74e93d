"""LibreOffice Calc: every function of the catalogue in one extension, ``unopkg add xlroi.oxt``.

The extension carries what the functions import, under a name of its own, so that no xlroi of LibreOffice's Python
can stand in its way. Functions that need NumPy and the models ask the Python that made the extension: see ``worker``.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping
from importlib.resources import files as resources
from importlib.resources.abc import Traversable
from typing import Final

from xlroi.cells.generated import SPECS
from xlroi.cells.hosts.type_library import type_library
from xlroi.version import __version__

__all__ = ["files"]

_COMPONENT: Final = "xlroi.cells.hosts.calc_component"
_PRIVATE: Final = "xlroi_in_calc"
_FIXED: Final = (1980, 1, 1, 0, 0, 0)

_MANIFEST: Final = """<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="http://openoffice.org/2001/manifest">
 <manifest:file-entry manifest:full-path="functions.rdb"
  manifest:media-type="application/vnd.sun.star.uno-typelibrary;type=RDB"/>
 <manifest:file-entry manifest:full-path="functions.py"
  manifest:media-type="application/vnd.sun.star.uno-component;type=Python"/>
</manifest:manifest>
"""
_DESCRIPTION: Final = f"""<?xml version="1.0" encoding="UTF-8"?>
<description xmlns="http://openoffice.org/extensions/description/2006">
 <identifier value="org.xlroi.functions"/>
 <version value="{__version__}"/>
 <display-name><name lang="en">xlroi: worksheet functions for the cost of AI</name></display-name>
</description>
"""


def files(python: str = sys.executable) -> dict[str, bytes]:
    """The extension by file name; the same bytes for the same ``python``, an interpreter that has xlroi.

    >>> list(files())
    ['xlroi.oxt']
    """
    parts: dict[str, str | bytes] = {
        "META-INF/manifest.xml": _MANIFEST,
        "description.xml": _DESCRIPTION,
        "functions.rdb": _library(),
        "functions.py": _renamed(_source(_COMPONENT)),
        "python.txt": python,
    }
    parts.update({f"pythonpath/{path}": text for path, text in _carried().items()})
    return {"xlroi.oxt": _zipped(parts)}


def _library() -> bytes:
    # The grammar of interfaces knows no underscore inside a small name; nobody sees these ones.
    return type_library(
        "org.xlroi.XFunctions", {s.name: [p.name.replace("_", "") for p in s.parameters] for s in SPECS}
    )


def _carried() -> dict[str, str]:
    """The modules that the component imports when it is loaded, by path; their packages are empty.

    >>> "xlroi_in_calc/cells/flows.py" in _carried(), any("model" in path for path in _carried())
    (True, False)
    """
    found: dict[str, str] = {}
    waiting = list(_imported(_source(_COMPONENT)))
    while waiting:
        module = waiting.pop()
        path = module.replace(".", "/").replace("xlroi", _PRIVATE, 1)
        if f"{path}.py" not in found:
            found[f"{path}.py"] = _renamed(_source(module))
            waiting += _imported(_source(module))
        while "/" in path:
            path = path.rpartition("/")[0]
            found[f"{path}/__init__.py"] = ""
    return dict(sorted(found.items()))


def _imported(text: str) -> Iterator[str]:
    """The modules of xlroi that a module imports at its top; what its functions import comes in when they run."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("xlroi"):
            inner = [f"{node.module}.{name.name}" for name in node.names]
            modules = [module for module in inner if _is_module(module)]
            yield from modules or [node.module]


def _is_module(name: str) -> bool:
    return _file(name).is_file()


def _file(module: str) -> Traversable:
    return resources("xlroi").joinpath(*module.split(".")[1:-1], f"{module.rpartition('.')[2]}.py")


def _source(module: str) -> str:
    return _file(module).read_text(encoding="utf-8")


def _renamed(text: str) -> str:
    return re.sub(r"^( *(?:from|import) )xlroi\b", rf"\1{_PRIVATE}", text, flags=re.M)


def _zipped(parts: Mapping[str, str | bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in parts.items():
            member = zipfile.ZipInfo(path, _FIXED)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3
            member.external_attr = 0o644 << 16
            archive.writestr(member, content)
    return written.getvalue()
