"""The policy pack: rules by theme, what they look at, and how the engine runs them.

Looks in from outside: nothing of the program knows it. Its own imports are light, for they delay every preview.
"""
