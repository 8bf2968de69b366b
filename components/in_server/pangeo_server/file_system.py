"""The state of a folder's file system, which may be a file server that does not answer."""

from __future__ import annotations

import asyncio
import os

ANSWER_SECONDS = 5.0
"""Time limit for the file system to answer."""


class FileSystem:
    """The file system of a folder. Only one thread waits for it: the server has few, and needs them for all else."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._asked: asyncio.Future[os.statvfs_result] | None = None

    async def state(self) -> os.statvfs_result:
        """Return the present state.

        Raises:
            OSError: the file system does not answer.
        """
        if self._asked is None or self._asked.done():
            self._asked = asyncio.get_running_loop().run_in_executor(None, os.statvfs, self._folder)
        try:
            return await asyncio.wait_for(asyncio.shield(self._asked), ANSWER_SECONDS)
        except asyncio.TimeoutError:  # noqa: UP041 - Python 3.9
            raise OSError("the home does not answer") from None
