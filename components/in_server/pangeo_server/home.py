"""The use of the user's home: measured here, and reported to the hub, which answers with the size of its volume.

A home with a file system of its own needs one system call. Only for others, of a whole node or file server, a program
adds up the sizes of the files, during a tenth of the time at most.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tornado.httpclient import HTTPRequest, HTTPResponse  # type: ignore[import-not-found,unused-ignore]
from tornado.simple_httpclient import SimpleAsyncHTTPClient  # type: ignore[import-not-found,unused-ignore]

from .file_system import FileSystem

REPORT_PATH = "/api/pangeo/home-use"
"""Path of the reports below the hub's own (``components/in_hub/home_use.py``)."""

REPORT_SECONDS = 600.0
"""Interval of the reports."""

RETRY_SECONDS = 90.0
"""Time until the next report after one without an answer. The hub accepts one a minute."""

REFUSED = (401, 403, 404)
"""Status codes of a hub that wants no reports, as there is no home, or the server ends."""

REFUSED_SECONDS = 3600.0
"""Interval of the reports to such a hub."""

WALK_PART = 10
"""Part of the time in which files' sizes are added up: one tenth."""

REQUEST_SECONDS = 30.0

SIZE_PROGRAM = Path(__file__).with_name("home_size.py")


@dataclass(frozen=True)
class Use:
    """Used bytes, and those that can be used at most."""

    used: int
    limit: int


class NoReportError(Exception):
    """The hub did not accept a report; the argument is the time until the next one, in seconds."""


class Home:
    """The user's home folder."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._limit: int | None = None
        self._has_own_file_system = False
        self._files: int | None = None
        self._file_system = FileSystem(folder)

    async def use(self) -> Use | None:
        """Return the present use; None before the first answer of the hub, and without a home volume.

        Raises:
            OSError: the volume does not answer.
        """
        if self._limit is None:
            return None
        if self._has_own_file_system:
            found = await self._file_system.state()
            used = (found.f_blocks - found.f_bfree) * found.f_frsize
            return Use(used, used + found.f_bavail * found.f_frsize)  # a part may be reserved for the administrator
        return None if self._files is None else Use(self._files, self._limit)

    async def report_for_ever(self, log: Any) -> None:  # noqa: ANN401 - a logger of traitlets
        """Report the use as long as the server runs."""
        while True:
            try:
                seconds = await self.report()
            except NoReportError as refusal:
                seconds = refusal.args[0]
            except Exception as error:  # the volume does not answer: the next report tries again
                log.debug("pangeo_server: the use of the home is not known: %s", error)
                seconds = REPORT_SECONDS
            await asyncio.sleep(seconds)

    async def report(self) -> float:
        """Report the use once; return the time until the next report.

        Raises:
            NoReportError: the hub did not accept it.
            OSError, ValueError: the home cannot be measured.
        """
        found = await self._file_system.state()
        used = (found.f_blocks - found.f_bfree) * found.f_frsize
        answer = await send({"size": found.f_blocks * found.f_frsize, "used": used})
        self._limit, self._has_own_file_system = answer["size"], not answer["addFiles"]
        seconds = REPORT_SECONDS
        if not self._has_own_file_system:
            began = time.monotonic()
            self._files = await self._add_files()
            seconds = max(seconds, (WALK_PART - 1) * (time.monotonic() - began))
            await send({"files": self._files})
        return seconds

    async def _add_files(self) -> int:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",  # without the modules in the home
            str(SIZE_PROGRAM),
            self._folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        output, _ = await process.communicate()
        return int(output)


async def send(report: dict[str, int]) -> dict[str, Any]:
    """Send a report without a proxy; return the hub's answer.

    Raises:
        NoReportError: the hub does not answer, or not to this server.
    """
    url = os.environ["JUPYTERHUB_API_URL"]
    request = HTTPRequest(
        (url[: -len("/api")] if url.endswith("/api") else url) + REPORT_PATH,
        method="POST",
        headers={"Authorization": f"token {os.environ['JUPYTERHUB_API_TOKEN']}"},
        body=json.dumps(report),
        connect_timeout=REQUEST_SECONDS,
        request_timeout=REQUEST_SECONDS,
    )
    client = SimpleAsyncHTTPClient(force_instance=True)
    try:
        answer: HTTPResponse = await client.fetch(request, raise_error=False)
    except Exception:
        raise NoReportError(RETRY_SECONDS) from None  # the hub restarts
    finally:
        client.close()
    if answer.code in REFUSED:
        raise NoReportError(REFUSED_SECONDS)
    try:
        content: dict[str, Any] = json.loads(answer.body)
        if answer.code != 200 or not {"addFiles", "size"} <= content.keys():
            raise NoReportError(RETRY_SECONDS)
    except (ValueError, TypeError, AttributeError):
        raise NoReportError(RETRY_SECONDS) from None
    return content
