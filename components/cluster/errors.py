"""Error of a request to the cluster."""

from components.escape import escape_control_characters


class CannotAsk(Exception):
    """The cluster gave no answer, or there is no usable kubeconfig. The text names the server and the reason.

    It contains no secret: neither a kubeconfig's content nor a server's answer is quoted.
    """

    def __init__(self, text: str) -> None:
        super().__init__(escape_control_characters(text))
