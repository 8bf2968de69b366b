"""``python -m previews.nursery SOCKET [MODULE…]``: has imported what a dynamic provider needs, and forks one a call.

The engine starts ``pulumi-resource-pulumi-python`` for every preview: an interpreter that imports pulumi, 0.4 CPU
seconds. A launcher of that name hands its output, working directory and variables over to this process instead, whose
child answers the engine as ``python -m pulumi.dynamic`` would; so may any other plugin written in Python. A child is
gone with its launcher, and this process with the one that started it.
"""

import contextlib
import gc
import importlib
import os
import runpy
import selectors
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from shlex import quote

DYNAMIC = "pulumi-resource-pulumi-python"
DYNAMIC_RUNS = ("-m", "pulumi.dynamic")
IMPORTED = ("pulumi.dynamic", "dill", "components.contract.resource", "components.freeipa.group_resource")

READY = b"ready\n"
LENGTH_BYTES = 8
LARGEST_CALL_BYTES = 8 << 20
"""More than Linux lets a process have of arguments and variables."""

LAUNCHER = """\
import _signal, _socket, os, sys
_signal.signal(_signal.SIGINT, _signal.SIG_DFL)
nursery = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
nursery.connect({address!r})
variables = [name + b"=" + value for name, value in os.environb.items()]
words = [os.fsencode(word) for word in sys.argv[1:]]
call = b"\\0".join([os.fsencode(os.getcwd()), b"%d" % len(words), *words, *variables])
outputs = b"".join(descriptor.to_bytes(4, sys.byteorder) for descriptor in (1, 2))
nursery.sendmsg([len(call).to_bytes({length_bytes}, "big")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, outputs)])
nursery.sendall(call)
nursery.recv(1)
"""
"""By the modules under ``signal`` and ``socket``, whose imports are half of what a launcher takes: 20 ms, else 11."""


def write_launcher(folder: Path, plugin: str, runs: Sequence[str], python: Path, address: Path) -> None:
    """Put the launcher of one plugin into ``folder``, to be put at the front of PATH.

    Args:
        folder: for the launchers of one nursery.
        plugin: the name that the engine looks for.
        runs: what Python is to run, ``-m MODULE`` or a script, and the arguments before the engine's.
        python: an interpreter, whatever it has installed.
        address: the nursery's socket.
    """
    code = folder / "hand_over.py"
    code.write_text(LAUNCHER.format(address=str(address), length_bytes=LENGTH_BYTES))
    launcher = folder / plugin
    # Without site and the user's own folder, which take as long again: the standard library is all it needs.
    words = " ".join(quote(word) for word in (str(python), "-IS", str(code), *runs))
    launcher.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    launcher.chmod(0o700)


def main(address: str, *modules: str) -> None:
    """Serve until standard input ends. ``modules`` are what plugins beside dynamic providers need."""
    for name in (*IMPORTED, *modules):
        importlib.import_module(name)
    # Or a child's collector would look at, and so copy, all that was imported.
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as door, selectors.DefaultSelector() as waiting:
        door.bind(address)
        door.listen()
        sys.stdout.buffer.write(READY)
        sys.stdout.buffer.flush()
        waiting.register(door, selectors.EVENT_READ)
        waiting.register(sys.stdin, selectors.EVENT_READ)
        while True:
            if any(key.fileobj is sys.stdin for key, _ in waiting.select()):
                return
            caller, _ = door.accept()
            if os.fork() == 0:
                waiting.close()
                door.close()
                os._exit(_as_child(lambda caller=caller: _serve(caller)))  # type: ignore[misc]
            caller.close()


def _as_child(serve: Callable[[], None]) -> int:
    """Nothing of the nursery's own stack is unwound in a child."""
    try:
        serve()
    except BaseException as error:
        print(f"{sys.argv[0]}: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def _serve(caller: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    head, descriptors, _, _ = socket.recv_fds(caller, LENGTH_BYTES, 2)
    for ours, theirs in zip((1, 2), descriptors, strict=True):
        os.dup2(theirs, ours)
        os.close(theirs)
    folder, count, *rest = _received(caller, int.from_bytes(head, "big")).split(b"\0")
    arguments, variables = rest[: int(count)], rest[int(count) :]
    os.chdir(folder)
    os.environb.clear()
    os.environb.update(dict(variable.split(b"=", 1) for variable in variables))
    threading.Thread(target=_leave_with, args=(caller,), daemon=True).start()
    _run([os.fsdecode(argument) for argument in arguments])


def _run(words: list[str]) -> None:
    """As ``python WORDS…`` would."""
    sys.argv = words[1:] if words[0] == "-m" else words
    if words[0] == "-m":
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, str(Path(words[0]).parent))
        runpy.run_path(words[0], run_name="__main__")


def _received(caller: socket.socket, length: int) -> bytes:
    if not 0 < length <= LARGEST_CALL_BYTES:
        raise ValueError(f"a call of {length} bytes")
    call = bytearray()
    while len(call) < length:
        part = caller.recv(length - len(call))
        if not part:
            raise EOFError("the caller is gone")
        call += part
    return bytes(call)


def _leave_with(caller: socket.socket) -> None:
    with contextlib.suppress(OSError):
        caller.recv(1)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
