"""The ``random`` stand-in: RandomBytes, the one type this program uses."""
