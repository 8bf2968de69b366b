"""The bind password: where it is taken from, and the form that a password can have. Opens no connection."""

from collections.abc import Callable, Mapping

from components.freeipa.errors import PASSWORD_CONFIG_KEY, PASSWORD_VARIABLE, PasswordInvalid, PasswordMissing

_SET_VARIABLE = f'set it again, for example {PASSWORD_VARIABLE}="$(cat FILE)", which leaves out a final line break'
_SET_SECRET = f"set it again with: pulumi config set --secret {PASSWORD_CONFIG_KEY}"


def bind_password(environment: Mapping[str, str], stored: Callable[[], str | None]) -> str:
    """Return the bind password: from the environment, else the stack's secret.

    Args:
        environment: variables, of which ``FREEIPA_BIND_PASSWORD`` is read.
        stored: returns the stack's secret, or None if it has none; called only if the variable is not set.

    Raises:
        PasswordMissing: there is neither.
        PasswordInvalid: it has a form that only a mistake produces.
    """
    given = environment.get(PASSWORD_VARIABLE)
    if given:
        return check_password(given, f"the environment variable {PASSWORD_VARIABLE}", _SET_VARIABLE)
    secret = stored()
    if not secret:
        raise PasswordMissing
    return check_password(secret, f"the stack's secret {PASSWORD_CONFIG_KEY}", _SET_SECRET)


def check_password(password: str, source: str, fix: str) -> str:
    """Return the password unchanged.

    FreeIPA accepts a password that ends with a space, but nobody can see it in a message or a form. Here it is a
    mistake, as a line break is: files and the secrets of CI systems often end with one.

    Args:
        password: the password.
        source: where it comes from, for the message.
        fix: how to set it there.

    Raises:
        PasswordInvalid: it is blank, begins or ends with white space, contains a control character, or is not UTF-8
            text. The message does not show it.
    """
    flaw = _flaw(password)
    if flaw is not None:
        raise PasswordInvalid(source, flaw, fix)
    return password


def _flaw(password: str) -> str | None:
    if not password.strip():
        return "is blank"
    if password[-1] in "\r\n":
        return "ends with a line break"
    if password[0].isspace() or password[-1].isspace():
        return f"{'begins' if password[0].isspace() else 'ends'} with white space"
    if any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in password):
        return "contains a line break or another control character"
    try:
        password.encode()
    except UnicodeEncodeError:  # Python reads bytes that are not UTF-8 as surrogates
        return "is not UTF-8 text"
    return None
