"""What a template may be made of. Everything a greeting does not need is refused where it stands."""

import re
from typing import Final

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError

SOURCE_BYTES_MAX: Final = 20_000
"""A template longer than this is a mistake, or an attempt."""
DEPTH_MAX: Final = 40

_ALLOWED: Final[tuple[type[nodes.Node], ...]] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.Tuple,
    nodes.List,
    nodes.If,
    nodes.CondExpr,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Compare,
    nodes.Operand,
    nodes.Concat,
    nodes.Filter,
    nodes.FilterBlock,
    nodes.Test,
    nodes.Block,
    nodes.Extends,
    nodes.Call,
)
"""Without loops, assignments and recursion, the work is bounded by the length of the file."""
_PLAINLY: Final[dict[type[nodes.Node], str]] = {
    nodes.For: "a loop",
    nodes.Assign: "an assignment",
    nodes.AssignBlock: "an assignment",
    nodes.Macro: "a macro",
    nodes.CallBlock: "a macro call",
    nodes.Include: "an include",
    nodes.Import: "an import",
    nodes.FromImport: "an import",
    nodes.Getattr: "an attribute",
    nodes.Getitem: "an index",
    nodes.With: "a with block",
    nodes.Dict: "a dictionary",
}
_FUNCTIONS: Final = frozenset({"owner_line", "super"})
_LETTER: Final = re.compile(r"[a-z]{2,3}/letter\.[a-z]+\.j2")


def check(tree: nodes.Template, *, variables: frozenset[str], name: str, filename: str) -> None:
    """
    Refuse a parsed template that holds more than a greeting needs.

    Args:
        tree: As Jinja parsed it.
        variables: What it is given.
        name: Its name.
        filename: Its file, for the message.

    Raises:
        TemplateSyntaxError: with the line and what stands there.
    """
    _check(tree, variables, (name, filename), depth=0)


def _check(node: nodes.Node, variables: frozenset[str], place: tuple[str, str], *, depth: int) -> None:
    if reason := _reason_against(node, variables) or ("it is nested too deeply" if depth > DEPTH_MAX else None):
        raise TemplateSyntaxError(reason, node.lineno, *place)
    for child in node.iter_child_nodes():
        if not (isinstance(node, nodes.Call) and child is node.node):
            _check(child, variables, place, depth=depth + 1)


def _reason_against(node: nodes.Node, variables: frozenset[str]) -> str | None:
    match node:
        case nodes.Call():
            if not (isinstance(node.node, nodes.Name) and node.node.name in _FUNCTIONS):
                return f"a template calls nothing but {', '.join(sorted(_FUNCTIONS))}"
        case nodes.Name(name=name) if name not in variables:
            return f"there is no variable {name!r}; there are {', '.join(sorted(variables))}"
        case nodes.Extends(template=template):
            if not (isinstance(template, nodes.Const) and _LETTER.fullmatch(str(template.value))):
                return "a template extends a letter, such as en/letter.close.j2, and nothing else"
    if not isinstance(node, _ALLOWED):
        return f"a template has no use for {_PLAINLY.get(type(node), type(node).__name__.lower())}"
    return None
