"""``python -m components``: the operator's commands.

``components.check`` and ``components.mend`` do without typer and rich.
"""

from components.day_two.commands import app

if __name__ == "__main__":
    app(prog_name="python -m components")
