"""Names of shared folders that stack files and the hub have in common."""

EVERYONE = "all"
"""Written in place of groups: all users of the hub."""

FOLDER_PREFIX = "folder-"
"""Beginning of the names of folders' volumes in pods, and of the claims that the program creates."""
