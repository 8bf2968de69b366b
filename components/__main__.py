"""``python -m components``: the operator's commands.

``components.check`` and ``components.mend`` do without typer and rich.
"""

import signal


def main() -> None:
    """Run the command that the words name; ends the process."""
    # Until the commands are there to say that they were broken off, Ctrl-C ends the process without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from components.day_two.commands import app

    signal.signal(signal.SIGINT, signal.default_int_handler)
    app(prog_name="python -m components")


if __name__ == "__main__":
    main()
