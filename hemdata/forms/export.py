"""Finds the forms that a set can be exported to, and writes one: whole or not at all."""

import os
import shutil
import uuid
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from hemdata import forms as package
from hemdata.catalog import label_places
from hemdata.errors import CallError, did_you_mean
from hemdata.forms.shared.built import BuiltSet

_FRAME = {"export", "reading"}


@dataclass(frozen=True)
class Form:
    """A form of export: a module beside this one with ABOUT, SUFFIX and `write(built, path)`.

    Attributes:
        name: as asked for.
        about: which programs read it, in a line.
        suffix: of the file; empty where it is a folder.
    """

    name: str
    about: str
    suffix: str
    module: ModuleType


def forms() -> dict[str, Form]:
    """Every form by name."""
    found = {}
    for name in sorted(each.name for each in iter_modules(package.__path__)):
        if name not in _FRAME:
            module = import_module(f"hemdata.forms.{name}")
            if not hasattr(module, "write"):
                continue
            name = name.replace("_", "-")
            found[name] = Form(name, module.ABOUT, module.SUFFIX, module)
    return found


def export(folder: str | Path, to: str, out: str | Path | None = None, force: bool = False) -> Path:
    """Write a built set in another form; its rows are streamed.

    Args:
        folder: of the built set.
        to: the form's name.
        out: file or folder to write; by default named after the set and the form, beside it, or in the current folder
            if the set travels with the package.
        force: replace what stands there.

    Returns:
        What was written.

    Raises:
        CallError: if there is no such form, the set does not fit into it, or something stands there already.
        DataError: if a shard cannot be read.
    """
    known = forms()
    if to not in known:
        raise CallError(f"There is no export to '{to}'.", expected=", ".join(known), got=to,
                        fix=f"{did_you_mean(to, known)}`hemdata export --list` tells what each is.")  # fmt: skip
    form, built = known[to], BuiltSet.at(folder)
    target = Path(out) if out is not None else _beside(built.folder, form)
    if form.suffix and target.suffix != form.suffix:
        raise CallError(
            f"A file of the form {to} ends in {form.suffix}.",
            got=target.name,
            fix=f"Name it {target.stem}{form.suffix}.",
        )
    if target.exists() and not force:
        raise CallError("Something stands there already.", where=target, fix="Give another --out, or --force.")
    if target.resolve() == built.folder.resolve():
        raise CallError("A set cannot be exported onto itself.", where=target, fix="Give another --out.")
    target.parent.mkdir(parents=True, exist_ok=True)
    # the suffix stays last: some libraries go by it
    partial = target.with_name(f".{target.stem}.{os.getpid()}-{uuid.uuid4().hex[:8]}.partial{form.suffix}")
    try:
        form.module.write(built, partial)
        if target.is_dir():
            shutil.rmtree(target)
        partial.replace(target)
    finally:
        _remove(partial)
    return target


def _beside(folder: Path, form: Form) -> Path:
    folder = folder.resolve()
    travels = folder.parent in (place.resolve() for place in label_places())
    name = f"{folder.name}{form.suffix}" if form.suffix else f"{folder.name}.{form.name}"
    return (Path() if travels else folder.parent) / name


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
