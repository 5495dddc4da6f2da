"""What a file looks like, in words for a message: so that a wrong file can be told from a broken one.

Only the first bytes are read. The words come from the lists here, never from the file, except for the name of an
XML root element.
"""

from __future__ import annotations

import re
from pathlib import Path

from linkage.errors import InputError
from linkage.sources.files import SourceFile

HEAD_BYTES = 65_536


class WrongKindError(InputError):
    """A file that is not what its source says it is; `load_source` adds what it looks like instead."""

    def __init__(
        self,
        what: str,
        *,
        file: SourceFile,
        expected: str,
        remedy: str = "check `path` and `format` in the project file",
    ) -> None:
        super().__init__(what, where=f"{file.name} (source {file.source!r})", expected=expected, remedy=remedy)
        self.file = file

    def looking_like(self, words: str) -> InputError:
        """The error in full."""
        fault = self.faults[0]
        return InputError(fault.what, where=fault.where, expected=f"{fault.expected}; it looks like {words}",
                          remedy=fault.remedy)  # fmt: skip


def another_kind(file: SourceFile, what: str) -> WrongKindError:
    """The error for a return of another collection than `what`."""
    return WrongKindError("The file is of another kind.", file=file, expected=what)


_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
# Atomic and possessive, so that a head of many comments cannot make the search explode.
_ROOT = re.compile(
    r"\A(?>\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>)*+<(?:[\w.-]+:)?([A-Za-z_][\w.-]{0,60})", re.S
)

# Columns (upper case) that tell a layout that no format reads, or reads as the files of a source and not by itself.
_LAYOUTS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"CHILD", "DOB"}), "a file of an SSDA903 return"),
    (frozenset({"UPN", "SURNAME", "DOB"}), "a pupil list, such as a school census download"),
    (frozenset({"LEARNREFNUMBER"}), "a flat file made from an ILR return"),
)


def root_element(head: str) -> str | None:
    """Local name of the first element of an XML text, or None."""
    found = _ROOT.match(head)
    return found.group(1) if found else None


def decode_head(head: bytes) -> str:
    """The first bytes of a file as text, by its byte-order mark or its zeros; undecodable bytes are replaced."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return head.decode("utf-16", "replace")
    if head[:4] == b"<\x00?\x00":
        return head.decode("utf-16-le", "replace")
    if head[:4] == b"\x00<\x00?":
        return head.decode("utf-16-be", "replace")
    return head.decode("utf-8-sig", "replace")


def is_binary(head: bytes) -> bool:
    """Whether the bytes are no text in UTF-8, UTF-16 with a mark, or a one-byte encoding."""
    return b"\x00" in head and head[:2] not in (b"\xff\xfe", b"\xfe\xff")


def is_encrypted_workbook(path: Path) -> bool:
    """Whether a file is an Office file that asks for a password: an OLE container around an encrypted package."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        if not head.startswith(b"\xd0\xcf\x11\xe0"):
            return False
        # The directory of the container stands anywhere in it; its names are in UTF-16.
        overlap = b""
        while head:
            if _ENCRYPTED in overlap + head:
                return True
            overlap, head = head[-len(_ENCRYPTED) :], file.read(HEAD_BYTES)
    return False


def looks_like(path: Path) -> str:
    """What a file looks like, as in `It looks like …`."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip():
        return "an empty file"
    by_magic = _by_first_bytes(path, head)
    if by_magic:
        return by_magic
    text = decode_head(head)
    if text.lstrip().startswith("<"):
        return _xml_kind(text)
    if is_binary(head):
        return "a binary file"
    if text.lstrip().startswith(("{", "[")):
        return "a JSON file"
    return _text_kind(text)


def _by_first_bytes(path: Path, head: bytes) -> str | None:
    if head.startswith(b"PK\x03\x04"):
        return "an Excel workbook" if path.suffix.lower() in (".xlsx", ".xlsm") or b"xl/" in head else "a ZIP archive"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "a workbook with a password" if is_encrypted_workbook(path) else "a file of an old version of Office"
    if head.startswith(b"PAR1"):
        return "a Parquet file"
    if head.startswith(b"%PDF"):
        return "a PDF"
    if head.startswith(b"\x1f\x8b"):
        return "a gzip archive"
    return None


def _xml_kind(text: str) -> str:
    root = root_element(text)
    if root is None:
        return "a broken XML file"
    if root == "EXPSSDA903":
        return "an SSDA903 return (XML)"
    if root.lower() == "html":
        return "a web page"
    if root == "schema":
        return "an XML schema, not a return"
    if root == "Message":
        return _return_kind(text)
    return f"an XML file whose root element is {root!r}"


def _return_kind(text: str) -> str:
    collection = re.search(r"<(?:\w+:)?Collection>\s*(\w{1,10})\s*<", text)
    named = collection.group(1).upper() if collection else ""
    if named == "ILR" or "ESFA/ILR" in text or "<LearningProvider" in text:
        return "an ILR return"
    if named == "CIN" or "LAchildID" in text:
        return "a CIN census return"
    known = {"SC": "a school census return (XML)", "AP": "an alternative provision census return",
             "EYC": "an early years census return", "SEN2": "a SEN2 return"}  # fmt: skip
    return known.get(named, "a return of another collection (XML)")


def _text_kind(text: str) -> str:
    first = text.lstrip("\ufeff").splitlines()[0].upper() if text.strip() else ""
    columns = frozenset(cell.strip(' "') for cell in re.split(r"[,;\t|]", first))
    for telling, words in _LAYOUTS:
        if telling <= columns:
            return words
    return "a text file of another layout"
