"""Stand-in for ``pulumi-language-python``, the official CLI's host of Python programs and policy packs.

Only the command line ``pulumi`` needs it: with the Automation API, the calling process runs the program.
"""
