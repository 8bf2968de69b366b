"""The check at the start of ``pulumi destroy`` and ``pulumi refresh``, which do not run the program."""
