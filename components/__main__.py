"""``python -m components``: the operator's commands, see :mod:`components.cli.app`."""

import io
import signal
import sys


def main() -> None:
    """Run the command in ``sys.argv``. Ends the process."""
    # Until the commands are imported and can report Ctrl-C, it ends the process without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from components.cli.app import app

    signal.signal(signal.SIGINT, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without a character must not stop the command
    app(prog_name="python -m components")


if __name__ == "__main__":
    main()
