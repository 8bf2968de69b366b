"""``python -m components``: the operator's commands.

``components.cli.check`` and ``components.cli.repair`` do without typer and rich.
"""

import io
import signal
import sys


def main() -> None:
    """Run the command that the words name; ends the process."""
    # Until the commands are there to say that they were broken off, Ctrl-C ends the process without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from components.cli.app import app

    signal.signal(signal.SIGINT, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that has no such letter is no reason to fail
    app(prog_name="python -m components")


if __name__ == "__main__":
    main()
