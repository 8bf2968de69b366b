"""YAML as the Pulumi engine reads it, strictly: a key given twice is an error, and every error names its line."""

import re

import yaml
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError
from yaml.events import AliasEvent
from yaml.nodes import MappingNode, Node

_CORE_KINDS = ("null", "bool", "int", "float", "str", "seq", "map")
_CORE_BOOL = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_CORE_INT = re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$")
_CORE_FLOAT = re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$")


class UnreadableYaml(Exception):
    """The text is no YAML this program takes; ``lines`` are sentences that name the line."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


class _NoSuchValue(ConstructorError):
    """A value that is not what its tag says, or a number of more digits than Python reads."""


class _Loader(yaml.SafeLoader):
    """``yes``, ``1:30`` and dates stay text, as in the engine (YAML 1.2); duplicates are collected.

    Aliases are refused: a few lines of them can stand for a tree of any size, or for one without an end.
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
            raise ComposerError(None, None, "an alias; write the value out", mark)
        return super().compose_node(parent, index)

    def construct_object(self, node: Node, deep: bool = False) -> object:
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, KeyError):
            raise _NoSuchValue(
                None,
                None,
                "a value that is not what its tag says, or too long a number; write it plainly",
                node.start_mark,
            ) from None

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[object, object]:
        first_lines: dict[object, int] = {}
        for key_node, _ in node.value:
            key, line = key_node.value, key_node.start_mark.line + 1
            if isinstance(key, str):
                if key in first_lines:
                    self.duplicates.append(
                        f"line {line}: {key} is given twice, first in line {first_lines[key]}; keep one"
                    )
                first_lines.setdefault(key, line)
        return dict(super().construct_mapping(node, deep=deep))


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", _CORE_BOOL, list("tTfF"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", _CORE_INT, list("-+0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _CORE_FLOAT, list("-+0123456789."))


def load(text: str) -> object:
    """The document as plain data.

    Raises:
        UnreadableYaml: a syntax error, a key given twice, or a value no plain data has.
    """
    try:
        loader = _Loader(text)
        document: object = loader.get_single_data()
    except yaml.MarkedYAMLError as wrong:
        raise UnreadableYaml([_located(wrong)]) from None
    except yaml.YAMLError:
        raise UnreadableYaml(["holds a character YAML does not allow; save it as plain UTF-8 text"]) from None
    except RecursionError:
        raise UnreadableYaml(["is nested too deeply"]) from None
    if loader.duplicates:
        raise UnreadableYaml(loader.duplicates)
    return document


def _located(wrong: yaml.MarkedYAMLError) -> str:
    mark = wrong.problem_mark or wrong.context_mark
    place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    # A constructor's problem may quote the value, which may be a secret.
    of_a_tag = isinstance(wrong, ConstructorError) and not isinstance(wrong, _NoSuchValue)
    problem = "a value with a tag that is not allowed" if of_a_tag else wrong.problem
    return f"{place}not YAML: {problem or 'unreadable'}"
