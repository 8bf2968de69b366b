import inspect

from components.freeipa.errors import table
from components.in_hub import messages
from docs.generate.messages import log_in_messages, render_messages


def test_every_message_of_the_log_in_page_is_listed() -> None:
    sources = [name for name, value in vars(messages).items() if inspect.isfunction(value) or name.isupper()]
    texts = {message.text for message in log_in_messages()}

    # not_a_member returns two sentences.
    assert len(texts) == len(sources) + 1
    assert {messages.INVALID_NAME, messages.PASSWORD_MISSING, messages.WRONG_CREDENTIALS} <= texts


def test_every_freeipa_error_is_listed() -> None:
    assert [name for name, _, _ in table() if f"| `{name}` |" not in render_messages()] == []
