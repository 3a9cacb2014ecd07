"""Whether a name, or bytes of a file, can be read in any file of a folder."""

import asyncio
from collections.abc import Sequence
from pathlib import Path


async def read_in_clear(folders: Sequence[Path], names: Sequence[str]) -> list[str]:
    """Files below these folders in which one of the names stands, however it is written there."""
    forms = [form for name in names for form in (name.encode(), ascii(name)[1:-1].encode(), name.encode("utf-16-le"))]
    return await asyncio.to_thread(_holding, folders, forms)


async def bytes_in_clear(folders: Sequence[Path], forms: Sequence[bytes]) -> list[str]:
    """Files below these folders that hold one of these; of four bytes and fewer, what is encrypted holds some."""
    return await asyncio.to_thread(_holding, folders, forms)


def _holding(folders: Sequence[Path], forms: Sequence[bytes]) -> list[str]:
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    found = []
    for path in files:
        content = path.read_bytes()
        if any(form in content for form in forms):
            found.append(path.name)
    return found
