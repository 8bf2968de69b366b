"""The generator of the references, the editor schema and the engine's configuration keys.

Each module has one pure function that returns the text of one file. ``docs/generate/__main__.py`` writes them.
"""
