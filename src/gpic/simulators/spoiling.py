"""Answers that are not what they should be: broken off, or with something left out (G6)."""

from __future__ import annotations

import json

from lxml import etree

from gpic.simulators.xml import parse


def broken_off(body: bytes) -> bytes:
    """The first half of a body, so that neither JSON nor XML ends."""
    return body[: len(body) // 2] or b"{"


def without(body: bytes, name: str) -> bytes:
    """The JSON or XML body without every field, attribute or element of that name; anything else stays as it is."""
    try:
        return json.dumps(_pruned(json.loads(body), name)).encode()
    except ValueError:
        pass
    root = parse(body)
    if root is None:
        return body
    for element in list(root.iter()):
        if name in element.attrib:
            del element.attrib[name]
        parent = element.getparent()
        if element.tag == name and parent is not None:
            parent.remove(element)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _pruned(value: object, name: str) -> object:
    if isinstance(value, dict):
        return {key: _pruned(inner, name) for key, inner in value.items() if key != name}
    if isinstance(value, list):
        return [_pruned(inner, name) for inner in value]
    return value
