"""Strict settings files: TOML whose every key is known, checked whole, all faults at once.

Project files, rule packs and models are read through here. An unknown key is an error that names the file,
the key and the nearest valid one.
"""

from __future__ import annotations

import difflib
import tomllib
import types
import typing
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from linkage.errors import Fault, ProjectError


class Strict(BaseModel):
    """A frozen part of a settings file that knows all its keys; `hidden` fields are not for users to write."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    hidden: ClassVar[frozenset[str]] = frozenset()


def nearest(word: str, known: typing.Iterable[str]) -> str:
    """The known word that is most like the given one, in quotes, or the list of all."""
    choices = list(known)
    close = difflib.get_close_matches(word, choices, n=1, cutoff=0.5)
    return repr(close[0]) if close else "one of " + ", ".join(choices)


def read_toml(path: Path, *, what: str) -> dict[str, Any]:
    """The TOML file as a dictionary; ProjectError with the line where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ProjectError(
            f"There is no such {what}.", where=str(path), remedy="check the name and the folder"
        ) from None
    except OSError:
        raise ProjectError(f"The {what} cannot be read.", where=str(path), expected="a readable file") from None
    except UnicodeDecodeError:
        raise ProjectError(f"The {what} is not UTF-8 text.", where=str(path), remedy="save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ProjectError(f"The {what} is not valid TOML.", where=f"{path.name}: {error}",
                           expected='settings of the form: name = "value"') from None  # fmt: skip


Model = typing.TypeVar("Model", bound=BaseModel)


def validated(model: type[Model], settings: dict[str, Any], path: Path) -> Model:
    """The settings as a model; ProjectError with every fault, unknown keys with the nearest valid one."""
    try:
        return model.model_validate(settings)
    except ValidationError as error:
        raise ProjectError.from_faults(_fault(model, path, item) for item in error.errors()) from None


def _fault(model: type[BaseModel], path: Path, item: Any) -> Fault:
    location = tuple(str(part) for part in item["loc"])
    where = f"{path.name}: {'.'.join(location)}" if location else path.name
    if item["type"] == "extra_forbidden":
        known = _keys_at(model, location[:-1])
        return Fault(
            f"Unknown key {location[-1]!r}.",
            where,
            f"nearest valid key: {nearest(location[-1], known)}",
            "correct the name, or remove the key",
        )
    if item["type"] == "missing":
        return Fault(f"The key {location[-1]!r} is missing.", where, remedy="add it")
    message = str(item["msg"]).removeprefix("Value error, ")
    return Fault(f"{message[:1].upper()}{message[1:]}.", where, remedy="correct the value")


def _keys_at(model: type[BaseModel], location: tuple[str, ...]) -> list[str]:
    """The valid keys of the part of the model that a location points at."""
    current: Any = model
    for part in location:
        if isinstance(current, type) and issubclass(current, BaseModel):
            current = _unwrapped(current.model_fields[part].annotation) if part in current.model_fields else None
        elif typing.get_origin(current) in (dict, tuple, list):
            current = _unwrapped(typing.get_args(current)[-1 if typing.get_origin(current) is dict else 0])
        if current is None:
            return []
    if isinstance(current, type) and issubclass(current, Strict):
        return [name for name in current.model_fields if name not in current.hidden]
    return []


def _unwrapped(annotation: Any) -> Any:
    """The annotation without `| None`."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return next(arg for arg in typing.get_args(annotation) if arg is not type(None))
    return annotation
