"""What can go wrong when the cluster is asked."""

from components.escape import escape_control_characters


class CannotAsk(Exception):
    """The cluster gave no answer, or nobody knows how to ask it. Its text says what was tried and why it failed.

    Never holds a secret: neither a kubeconfig's content nor what a server sent is quoted.
    """

    def __init__(self, text: str) -> None:
        super().__init__(escape_control_characters(text))
