"""The policy pack: rules by theme, the resources they apply to, and their registration with the engine.

The program does not import it. Keep its own imports light: the engine waits for the pack in every preview.
"""
