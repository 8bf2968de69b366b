"""The operator's commands: ``python -m components {new,check,capacity,members,status,doctor,repair}``.

The Pulumi program imports nothing of this package, so that a preview does not load typer and rich.
"""
