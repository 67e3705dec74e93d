"""Runs Basic in LibreOffice, which knows much of VBA: a text on standard input, functions without arguments by name.

Run as a program by a Python that has the module "uno": basic.py SOFFICE SCRATCH_FOLDER FUNCTION… prints their values
as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def connected(pipe: str) -> Any:
    """The office behind a pipe, as soon as it is there."""
    import uno  # type: ignore[import-not-found,unused-ignore]

    here = uno.getComponentContext()
    resolver = here.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", here)
    for _ in range(240):
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except Exception:
            time.sleep(0.25)
    raise SystemExit("LibreOffice did not start")


def main(soffice: str, scratch: str, *functions: str) -> None:
    import uno

    def told(name: str, value: Any) -> Any:
        made = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
        made.Name, made.Value = name, value
        return made

    pipe = f"basic{Path(scratch).name}"
    profile = Path(scratch, "profile").as_uri()
    office = subprocess.Popen(
        [soffice, "--headless", "--norestore", f"-env:UserInstallation={profile}", f"--accept=pipe,name={pipe};urp;"],
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        context = connected(pipe)
        desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        open_with = (told("Hidden", True), told("MacroExecutionMode", 4))  # 4: always, without a question
        book = desktop.loadComponentFromURL("private:factory/scalc", "_blank", 0, open_with)
        book.BasicLibraries.createLibrary("Xlroi").insertByName("M", sys.stdin.read())
        book.BasicLibraries.loadLibrary("Xlroi")
        scripts = book.getScriptProvider()
        place = "vnd.sun.star.script:Xlroi.M.{}?language=Basic&location=document"
        values = [scripts.getScript(place.format(name)).invoke((), (), ())[0] for name in functions]
        print(json.dumps(values))
    finally:
        os.killpg(office.pid, signal.SIGKILL)  # soffice starts a program of its own, which must go too
        office.wait(30)


if __name__ == "__main__":
    main(*sys.argv[1:])
