"""Stand-ins for the Pulumi plugins that cannot be installed everywhere, for just the resource types this program uses.

They speak the engine's provider protocol and write the state the official plugins write: same type tokens, ids,
property names and secrets. ``choose`` says which of them a machine needs; an official plugin always wins.
"""
