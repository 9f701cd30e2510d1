"""XML as a stranger sends it: no entities, no network, no document type, no giants."""

from __future__ import annotations

import codecs
import re
from typing import Final

from lxml import etree
from lxml.etree import _Element

#: What .NET writes into a string it calls utf-16, and then sends it in UTF-8; bytes that read so are no UTF-16.
MISLABELLED: Final = re.compile(rb"""^(<\?xml[^>]{0,40}?)\s+encoding=["']utf-16["']""", re.IGNORECASE)


def parse(body: bytes) -> _Element | None:
    """The root element, or None where the body is no plain XML document."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(MISLABELLED.sub(rb"\1", body.removeprefix(codecs.BOM_UTF8)), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    # A document type is where entities come from; nothing that is said here needs one.
    return None if root.getroottree().docinfo.internalDTD is not None else root
