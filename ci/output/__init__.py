"""Previews as text: on the terminal, in a log, and as Markdown for a pull request."""
