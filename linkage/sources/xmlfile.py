"""XML returns as a stream of elements, read by a parser that follows no entity, no DTD and no address."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from lxml import etree

from linkage.errors import InputError, RefusedError
from linkage.sources.cells import trim
from linkage.sources.files import SourceFile
from linkage.sources.kinds import HEAD_BYTES, another_kind, decode_head, root_element

Element = etree._Element

_ENCODING_ERRORS = frozenset(
    getattr(etree.ErrorTypes, name, -1)
    for name in ("ERR_INVALID_CHAR", "ERR_INVALID_ENCODING", "ERR_UNKNOWN_ENCODING", "ERR_UNSUPPORTED_ENCODING")
)


def elements(file: SourceFile, root: str, tags: tuple[str, ...], what: str) -> Iterator[Element]:
    """The elements of the given local names, in order, each complete; forgotten when the next is asked for.

    Raises InputError for a file that is empty, cut off, in a wrong encoding or whose root element is another (it
    says what it looks like instead of `what`), and RefusedError for a DTD, which could hold entities.
    """
    _check_head(file, root, what)
    with file.path.open("rb") as stream:
        parser = etree.iterparse(
            stream, events=("end",), tag=[f"{{*}}{tag}" for tag in tags],
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True,
        )  # fmt: skip
        try:
            for _, element in parser:
                yield element
                _forget(element)
        except etree.XMLSyntaxError as error:
            line, last = error.lineno, parser.error_log.last_error
            wrong_encoding = last is not None and last.type in _ENCODING_ERRORS
        else:
            return
    # Outside the handler: what the parser says may quote the file and must not be chained to the error.
    if wrong_encoding:
        raise InputError("The text is not in the encoding that the file declares.", where=f"{file.name}, line {line}",
                         expected="UTF-8, or the encoding of the XML declaration",
                         remedy="export the return again")  # fmt: skip
    raise InputError("The XML is cut off or broken.", where=f"{file.name}, line {line}",
                     expected="a complete XML file", remedy="export or copy the file again")  # fmt: skip


@lru_cache(maxsize=1024)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def local_name(element: Element) -> str:
    """Name of the element without its namespace; empty for comments and processing instructions."""
    tag = element.tag
    return _local(tag) if isinstance(tag, str) else ""


def leaf_texts(element: Element) -> dict[str, str]:
    """Texts of the children that hold text, by local name; the first wins where one is repeated."""
    texts: dict[str, str] = {}
    for child in element:
        text = trim(child.text)
        if text is not None and len(child) == 0:
            texts.setdefault(local_name(child), text)
    texts.pop("", None)
    return texts


def named(element: Element, name: str) -> Iterator[Element]:
    """The children of that local name."""
    return (child for child in element if local_name(child) == name)


def _forget(element: Element) -> None:
    """Drop an element that was used, and all before it, so that memory stays constant."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


def _check_head(file: SourceFile, root: str, what: str) -> None:
    with file.path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise InputError("The file is empty.", where=file.name, expected=what, remedy="export the return again")
    text = decode_head(head)
    found = root_element(text)
    # Web pages have a document type, too, but are told what they are.
    if found != "html" and ("<!DOCTYPE" in text or "<!ENTITY" in text):
        raise RefusedError("The XML declares a document type, which a return never does.", where=file.name,
                           expected="XML without DOCTYPE and entities", remedy="export the return again")  # fmt: skip
    if found != root:
        raise another_kind(file, what)
