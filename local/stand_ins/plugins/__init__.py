"""Stand-ins for the Pulumi plugins that cannot be installed everywhere, for the resource types of this program only.

They implement the engine's provider protocol and write the same state as the official plugins: the same type tokens,
ids, property names and secrets. ``choose`` selects the stand-ins that a machine needs; an official plugin takes
precedence.

The SDK's own provider server (``pulumi.provider.experimental``) is not used. It cannot express what the official
plugins were recorded to do: it passes no old inputs to Diff and Update, always reports a detailed diff, and cannot
report a partial failure. It also imports the whole SDK, which would delay every preview by 0.2 s for each plugin.
"""
