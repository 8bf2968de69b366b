"""Error of a request to the cluster."""

from components.escape import escape_control_characters, escape_lines


class CannotAsk(Exception):
    """The cluster gave no answer, or there is no usable kubeconfig. The text names the server and the reason.

    It contains no secret: neither a kubeconfig's content nor a server's answer is quoted. The messages of kubectl and
    of the log-in program that it calls are quoted.
    """

    def __init__(self, text: str, messages: str = "") -> None:
        """Create the error.

        Args:
            text: the server and the reason, on one line.
            messages: lines that another program printed; they follow the text.
        """
        super().__init__(escape_control_characters(text) + escape_lines(messages))


class Refused(CannotAsk):
    """The API server refuses the account: asking again does not help."""
