"""Answers that are not what they should be: broken off, or with something left out (G6)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from lxml import etree

from gpic.simulators.xml import parse


def broken_off(body: bytes) -> bytes:
    """The first half of a body, so that neither JSON nor XML ends."""
    return body[: len(body) // 2] or b"{"


def without(body: bytes, name: str) -> bytes:
    """The JSON or XML body without every field, attribute or element of that name; anything else stays as it is.

    `name=value` takes out whole objects of lists, or elements, whose field or attribute has that value.
    """
    try:
        return json.dumps(_pruned(json.loads(body), name)).encode()
    except ValueError:
        pass
    root = parse(body)
    if root is None:
        return body
    for element in list(root.iter()):
        parent = element.getparent()
        if parent is not None and (
            element.tag == name or _has({str(key): value for key, value in element.attrib.items()}, name)
        ):
            parent.remove(element)
        elif name in element.attrib:
            del element.attrib[name]
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _pruned(value: object, name: str) -> object:
    if isinstance(value, dict):
        return {key: _pruned(inner, name) for key, inner in value.items() if key != name}
    if isinstance(value, list):
        return [_pruned(inner, name) for inner in value if not (isinstance(inner, dict) and _has(inner, name))]
    return value


def _has(fields: Mapping[str, object], pair: str) -> bool:
    """Whether `name=value` is true of these."""
    name, is_pair, wanted = pair.partition("=")
    return bool(is_pair) and fields.get(name) == wanted
