"""A strict YAML reader with the types of the Pulumi engine. Repeated keys are errors; each error has its line."""

import re

import yaml
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError
from yaml.events import AliasEvent
from yaml.nodes import MappingNode, Node, ScalarNode

_TEXT = "tag:yaml.org,2002:str"
_FIXES = {"a number": "a decimal number, or quotes around the text", "a date": "quotes around the text"}
_CORE_KINDS = ("null", "bool", "int", "float", "str", "seq", "map")
_CORE_BOOL = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_CORE_INT = re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$")
_CORE_FLOAT = re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$")

_OTHER_NUMBER = re.compile(
    r"""[-+]?(?:0[0-9_]+(?:\.[0-9_]*)?  # 010, which the engine reads as 8
    |0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+
    |[0-9][0-9_]*_[0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?
    |\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))""",
    re.VERBOSE,
)
"""Plain values that are numbers to the engine (gopkg.in/yaml.v3) and text to YAML 1.2."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?")
"""Plain values that the engine reads as a date, and rewrites: ``2026-01-30`` as ``2026-01-30 00:00:00 +0000 UTC``."""


class UnreadableYaml(Exception):
    """The text is not valid YAML, or is YAML that this program does not accept. ``lines`` holds the messages."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


class _InvalidValue(ConstructorError):
    """A value that does not match its tag, is a number with too many digits, or means something else to the engine."""


class _Loader(yaml.SafeLoader):
    """Loader that reads ``yes``, ``1:30`` and dates as strings, like the engine (YAML 1.2). It collects repeated keys.

    Aliases are refused: a few lines of them can expand to a tree of any size, or to an infinite one.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012 - yaml declares it so
        first: [(tag, pattern) for tag, pattern in resolvers if tag.rsplit(":")[-1] == "null"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    yaml_constructors = {  # noqa: RUF012 - yaml declares it so
        tag: construct
        for tag, construct in yaml.SafeLoader.yaml_constructors.items()
        if tag is None or tag.rsplit(":")[-1] in _CORE_KINDS
    }

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.duplicates: list[str] = []

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        if self.check_event(AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise ComposerError(None, None, "an alias is not allowed; write the value itself", mark)
        return super().compose_node(parent, index)

    def construct_scalar(self, node: ScalarNode | MappingNode) -> str:
        if isinstance(node, ScalarNode) and not node.style and node.tag == _TEXT:
            kind = (
                "a number" if _OTHER_NUMBER.fullmatch(node.value) else "a date" if _DATE.fullmatch(node.value) else ""
            )
            if kind:
                problem = f"Pulumi reads a value like this as {kind} in another notation; write {_FIXES[kind]}"
                raise _InvalidValue(None, None, problem, node.start_mark)
        value: str = super().construct_scalar(node)
        return value

    def construct_object(self, node: Node, deep: bool = False) -> object:
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, KeyError):
            raise _InvalidValue(
                None,
                None,
                "a value does not match its tag, or is too long a number; write it without a tag",
                node.start_mark,
            ) from None

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[object, object]:
        first_lines: dict[object, int] = {}
        for key_node, _ in node.value:
            key, line = key_node.value, key_node.start_mark.line + 1
            if isinstance(key, str):
                if key in first_lines:
                    self.duplicates.append(
                        f"line {line}: {key} is repeated, first in line {first_lines[key]}; remove one of them"
                    )
                first_lines.setdefault(key, line)
        return dict(super().construct_mapping(node, deep=deep))


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", _CORE_BOOL, list("tTfF"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", _CORE_INT, list("-+0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _CORE_FLOAT, list("-+0123456789."))


def load(text: str) -> object:
    """Read a document as dictionaries, lists and scalars.

    Raises:
        UnreadableYaml: The text has a syntax error, a repeated key, an alias or a tag that is not allowed.
    """
    try:
        loader = _Loader(text)
        document: object = loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        raise UnreadableYaml([_describe(error)]) from None
    except yaml.YAMLError:
        raise UnreadableYaml(
            ["contains a character that YAML does not allow; save the file as plain UTF-8 text"]
        ) from None
    except RecursionError:
        raise UnreadableYaml(["is nested too deeply"]) from None
    if loader.duplicates:
        raise UnreadableYaml(loader.duplicates)
    return document


def _describe(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    # The text of a constructor's error may quote the value, which may be a secret.
    is_tag_error = isinstance(error, ConstructorError) and not isinstance(error, _InvalidValue)
    problem = "a value has a tag that is not allowed; remove the tag" if is_tag_error else error.problem
    return f"{place}invalid YAML: {problem or 'unreadable'}"
