"""The key of the pseudonyms: random, in a file apart from what is shared, and never shown.

A pseudonym is HMAC-SHA256 over scheme, scope and value, keyed: without the key nobody can try identifiers out, and a
UPN has few enough digits to try them all against a plain hash.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from duckdb.func import ARROW
from duckdb.sqltypes import VARCHAR

from linkage.errors import InputError, RefusedError, UsageError
from linkage.sql import Connection

KEY_BYTES = 32  # as long as the hash: RFC 2104, section 3
# Hexadecimal digits of a pseudonym: 128 bits, so that among all identifiers of a country no two meet by chance.
DIGITS = 32
SEPARATOR = "\x1f"  # the unit separator of ASCII, which no scheme and no scope contains


@dataclass(frozen=True)
class Key:
    """A key and its id, which tells one key from another and says nothing of it."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """The scope of all pseudonyms made with the key."""
        return "key_" + hmac.digest(self.secret, b"key id", hashlib.sha256).hex()[:12]

    def pseudonym(self, scheme: str, scope: str, value: str) -> str:
        """The scheme, and the first half of the HMAC-SHA256 of scheme, scope and value."""
        message = SEPARATOR.join((scheme, scope, value)).encode()
        return f"{scheme}_{hmac.digest(self.secret, message, 'sha256').hex()[:DIGITS]}"


def register_pseudonym(con: Connection, key: Key) -> None:
    """Give a connection the SQL function `pseudonym(scheme, scope, value)`; the key itself stays out of DuckDB."""

    def over_columns(schemes: pa.ChunkedArray, scopes: pa.ChunkedArray, values: pa.ChunkedArray) -> pa.Array:
        listed = zip(schemes.to_pylist(), scopes.to_pylist(), values.to_pylist(), strict=True)
        return pa.array([key.pseudonym(*parts) for parts in listed], pa.string())

    con.create_function("pseudonym", over_columns, [VARCHAR, VARCHAR, VARCHAR], VARCHAR, type=ARROW)


def refuse_key_inside(path: Path, out: Path) -> None:
    """Raise RefusedError where the key would lie in the folder that is shared."""
    if _real(path).is_relative_to(_real(out)):
        raise RefusedError(
            "The key must not lie in the folder that is shared.", where=str(path),
            expected="a file outside of --out", remedy="name another place with --key",
        )  # fmt: skip


def read_or_make_key(path: Path) -> Key:
    """The key in a file, which is made with a random key, for its owner's eyes only, where it is not there.

    Raises RefusedError where everybody can read or write the file (on POSIX), InputError where it holds no key,
    UsageError where it cannot be read or written. No message holds what is in the file.
    """
    try:
        return _made(path)
    except FileExistsError:
        return _read(path)
    except OSError:
        raise UsageError("The key cannot be written.", where=str(path), expected="a file in a folder that is there",
                         remedy="name another place, in a folder that is there") from None  # fmt: skip


def _made(path: Path) -> Key:
    secret = secrets.token_bytes(KEY_BYTES)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(file, "w", encoding="ascii", newline="\n") as writing:
            writing.write(secret.hex() + "\n")
    except OSError:  # a full disk: half a key would be taken for a broken one
        path.unlink(missing_ok=True)
        raise
    return Key(secret)


def _read(path: Path) -> Key:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii").strip()
    except UnicodeDecodeError:
        raise _no_key(path) from None
    except OSError:
        raise UsageError("The key cannot be read.", where=str(path), expected="a readable file") from None
    if os.name == "posix" and mode & (stat.S_IROTH | stat.S_IWOTH):
        raise RefusedError(
            "Everybody on this machine can read or write the key.", where=str(path),
            expected="a file of its owner", remedy="chmod 600, and make a new key if others may have seen this one",
        )  # fmt: skip
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        raise _no_key(path) from None
    if len(secret) != KEY_BYTES:
        raise _no_key(path)
    return Key(secret)


def _no_key(path: Path) -> InputError:
    return InputError("The file holds no key.", where=str(path), expected=f"{2 * KEY_BYTES} hexadecimal digits",
                      remedy="name the file that an earlier minimise made, or one that is not there")  # fmt: skip


def _real(path: Path) -> Path:
    """The path without links, as the system compares it."""
    return Path(os.path.normcase(path.resolve()))
