"""Values in Python code that runs in the verification's server. Pure."""


def insert_values(code: str, **values: object) -> str:
    """Return code with each of these names replaced by its value: None, a text, a number, or a list of these."""
    for name, value in values.items():
        code = code.replace(name, repr(value))
    return code
