"""Samples of XML documents, read as a stream by a parser that follows no entity, no DTD and no address."""

from __future__ import annotations

import re

from lxml import etree

from linkage.recognise.contract import Document, Place
from linkage.sources.cells import trim
from linkage.sources.kinds import decode_head

MOST_RECORDS = 2_000
_CHUNK = 1 << 16
# Elements that hold one person each.
RECORDS = frozenset({"Child", "CHILD", "Learner", "Person", "PupilOnRoll", "PupilNoLongerOnRoll"})
# What is kept of a record: the first text of each.
_KEPT = frozenset({"LAchildID", "CHILDID", "CHILD", "UPN", "ULN", "LearnRefNumber", "UniqueLearnerNumber"})
_DATES = frozenset({"DECOM", "DEC", "REVIEW"})
_HEADER = frozenset({"Collection", "Year", "ReferenceDate", "LEA", "UKPRN", "Term", "Estab"})
_HEADERS = ("Header", "HEADER")


def sample_document(place: Place, head: bytes, *, whole: bool) -> Document | None:
    """The beginning of a document; None where it is no XML, is cut off or declares a document type."""
    start = decode_head(head[:65_536])
    if "<!DOCTYPE" in start or "<!ENTITY" in start:
        return None
    parser = etree.XMLPullParser(
        events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True,
        remove_pis=True,
    )  # fmt: skip
    reading = _Reading()
    try:
        for at in range(0, len(head), _CHUNK):
            parser.feed(head[at : at + _CHUNK])
            for event, element in parser.read_events():
                if isinstance(element, etree._Element):
                    reading.take(event, element)
            if len(reading.records) >= MOST_RECORDS:
                whole = False
                break
        if whole:
            parser.close()
    except etree.XMLSyntaxError:
        return None
    if not reading.root:
        return None
    return Document(place, reading.root, reading.namespace, frozenset(reading.tags), reading.header, reading.records,
                    reading.dates, whole)  # fmt: skip


def xml_kind(document: Document) -> str:
    """What a document that no format knows looks like."""
    if document.root == "schema":
        return "an XML schema, not a return"
    collection = document.header.get("Collection", "")
    if document.root == "Message" and re.fullmatch(r"\w{1,10}", collection):
        return f"a return of the collection {collection.upper()} (XML)"
    return f"an XML file whose root element is {document.root[:60]!r}"


class _Reading:
    """What was met so far."""

    def __init__(self) -> None:
        self.root = self.namespace = ""
        self.tags: set[str] = set()
        self.header: dict[str, str] = {}
        self.records: list[dict[str, str]] = []
        self.dates: list[str] = []
        self._record: dict[str, str] | None = None

    def take(self, event: str, element: etree._Element) -> None:
        """Note an element that begins or ends; forget a record once it has ended."""
        name = etree.QName(element).localname
        parent = element.getparent()
        if event == "start":
            if not self.root:
                self.root, self.namespace = name, etree.QName(element).namespace or ""
            self.tags.add(name)
            if name in RECORDS and self._is_record(element):
                self._record = {}
            return
        text = trim(element.text) if len(element) == 0 else None
        if text is not None:
            self._note(name, text, element)
        if name in RECORDS and self._is_record(element):
            if self._record is not None and len(self.records) < MOST_RECORDS:
                self.records.append(self._record)
            self._record = None
            element.clear()
            while parent is not None and element.getprevious() is not None:
                del parent[0]

    def _is_record(self, element: etree._Element) -> bool:
        """`CHILD` is a record of an SSDA903 return and, in a CSV's words, also the child's id."""
        return not any(etree.QName(above).localname in RECORDS for above in element.iterancestors())

    def _note(self, name: str, text: str, element: etree._Element) -> None:
        if self._record is not None:
            if name in _KEPT:
                self._record.setdefault(name, text)
            elif name in _DATES and len(self.dates) < MOST_RECORDS * 10:
                self.dates.append(text)
        elif name in _HEADER and any(etree.QName(above).localname in _HEADERS for above in element.iterancestors()):
            self.header.setdefault(name, text)
