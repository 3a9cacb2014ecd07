"""Whether a name can be read in any file of a folder."""

import asyncio
from collections.abc import Sequence
from pathlib import Path


async def read_in_clear(folders: Sequence[Path], names: Sequence[str]) -> list[str]:
    """Files below these folders in which one of the names stands, however it is written there."""
    return await asyncio.to_thread(_read_in_clear, folders, names)


def _read_in_clear(folders: Sequence[Path], names: Sequence[str]) -> list[str]:
    forms = [form for name in names for form in (name.encode(), ascii(name)[1:-1].encode(), name.encode("utf-16-le"))]
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return [path.name for path in files if any(form in path.read_bytes() for form in forms)]
