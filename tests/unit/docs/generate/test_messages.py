import inspect

from components.freeipa import connection_errors, errors, group_errors
from components.in_hub import messages
from docs.generate.messages import directory_errors, log_in_messages, render_messages


def test_every_message_of_the_log_in_page_is_listed() -> None:
    sources = [name for name, value in vars(messages).items() if inspect.isfunction(value) or name.isupper()]
    texts = {message.text for message in log_in_messages()}

    # not_a_member returns two sentences.
    assert len(texts) == len(sources) + 1
    assert {messages.INVALID_NAME, messages.PASSWORD_MISSING, messages.WRONG_CREDENTIALS} <= texts


def test_every_freeipa_error_is_listed() -> None:
    kinds = [each for module in (connection_errors, errors, group_errors) for each in vars(module).values()]
    with_message = {
        kind
        for kind in kinds
        if isinstance(kind, type) and issubclass(kind, errors.DirectoryError) and "message" in vars(kind)
    }

    assert set(directory_errors()) == with_message
    assert [kind.__name__ for kind in with_message if f"| `{kind.__name__}` |" not in render_messages()] == []
