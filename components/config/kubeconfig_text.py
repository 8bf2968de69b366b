"""The text of a kubeconfig, told from the path of one. Imported by plugin processes, so without pydantic."""


def is_kubeconfig_text(value: str) -> bool:
    """Return whether ``value`` has the form of a kubeconfig's content: several lines, or JSON."""
    return "\n" in value.strip() or value.lstrip().startswith("{")
