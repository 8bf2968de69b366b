"""The operator's commands after the first ``up``: ``python -m components new|check|capacity|members|status|doctor``.

Nothing of the program imports this room, so that typer and rich cost a preview nothing.
"""
