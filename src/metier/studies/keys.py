"""What decides the outcome of a trial, as one hash: the key by which the cache knows it."""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import metier
from metier.classifiers import METHODS, method_class
from metier.classifiers.contract import Classifier
from metier.data import LabelledTitles
from metier.guidelines import Guidelines
from metier.titles import normal

__all__ = [
    "code_of",
    "hash_file",
    "hash_folder",
    "hash_labelled",
    "hash_of",
    "hash_page",
    "method_code",
    "methods_of",
]


def hash_of(content: object) -> str:
    """Return the SHA-256 of something that JSON can hold; paths count by their text."""
    text = json.dumps(content, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def hash_folder(folder: Path) -> str:
    """Return a hash of the state of a folder's files: of their names, sizes and times."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hash_of(
        [
            (str(file.relative_to(folder)), (found := file.stat()).st_size, found.st_mtime_ns)
            for file in files
        ]
    )


def hash_labelled(parts: Iterable[LabelledTitles]) -> str:
    """Return the SHA-256 of titles and labels, in their order."""
    return hash_of([[part.titles, part.labels] for part in parts])


def hash_page(page: Guidelines) -> str:
    """Return the SHA-256 of a page, markers included."""
    return hash_of(page.model_dump(mode="json"))


def method_code(method: str, parameters: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the code of a method, and of the methods that its parameters name.

    Comments, docstrings and the layout of the code do not count: they decide nothing. What other
    packages do is told by their versions, which a run writes down.
    """
    names = methods_of(method, parameters)
    files = sorted({file for name in names for file in _files(method_class(name))})
    return hash_of([metier.__version__, [_meaning(file) for file in files]])


def methods_of(method: str, parameters: Mapping[str, Any]) -> set[str]:
    """Return a method and those that its parameters name, or leave to their defaults."""
    defaults = inspect.signature(method_class(method)).parameters.values()
    left = [each.default for each in defaults if each.name not in parameters]
    return {method, *_methods_in(parameters), *_methods_in(left)}


def code_of(*files: Path) -> str:
    """Return the SHA-256 of what modules do, without comments, docstrings and layout."""
    return hash_of([_meaning(file) for file in files])


def _methods_in(value: object) -> Iterator[str]:
    if isinstance(value, str) and value in METHODS:
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _methods_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _methods_in(inner)


def _files(kind: type[Classifier]) -> set[Path]:
    """The modules that the class is made of, those beside it in a folder, and those it names."""
    found = {Path(inspect.getfile(normal))}
    for base in kind.__mro__[:-1]:
        if base is not Classifier and issubclass(base, Classifier):
            own = Path(inspect.getfile(base))
            is_folder = own.parent.name != "classifiers"
            found.update(own.parent.glob("*.py") if is_folder else [own])
    for name in kind.built_on:
        module = Path(inspect.getfile(importlib.import_module(name)))
        found.update(module.parent.glob("*.py") if module.name == "__init__.py" else [module])
    return found


@cache
def _meaning(file: Path) -> str:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            value = body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                del body[0]
    return ast.dump(tree)
