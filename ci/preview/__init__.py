"""Previews as data: run by the engine, for one stack or for many, and described by a report."""
