"""File systems that do not answer."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from components.in_server.pangeo_server import file_system
from components.in_server.pangeo_server.file_system import FileSystem


def test_one_thread_waits_for_a_file_system_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, asked = threading.Event(), []
    statvfs = os.statvfs

    def answer(folder: str) -> os.statvfs_result:
        asked.append(folder)
        answers.wait(60)
        return statvfs(folder)

    async def ask() -> None:
        found = FileSystem(str(tmp_path))
        for _ in range(3):
            with pytest.raises(OSError, match="the home does not answer"):
                await found.state()
        assert asked == [str(tmp_path)]
        answers.set()
        monkeypatch.setattr(file_system, "ANSWER_SECONDS", 60.0)
        assert (await found.state()).f_blocks == statvfs(tmp_path).f_blocks

    monkeypatch.setattr(file_system, "ANSWER_SECONDS", 0.01)
    monkeypatch.setattr(os, "statvfs", answer)
    asyncio.run(ask())
