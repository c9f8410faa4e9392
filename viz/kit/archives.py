"""What a foreign archive (.xlsx, .npz) may weigh, asked before anything in it is unpacked."""

import zipfile
from pathlib import Path
from typing import BinaryIO

from viz.kit.errors import Problem

MAX_ENTRIES = 1_000
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what NumPy and spreadsheets write; others ask for memory ahead


def check_archive(file: Path | BinaryIO, name: str, limit: int) -> None:
    """Refuse an archive that unpacks to more than ``limit`` bytes; reading never yields more than it announces.

    Raises:
        Problem: too large, or packed in a way that neither NumPy nor a spreadsheet uses.
        zipfile.BadZipFile: no archive.
    """
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
    size = sum(entry.file_size for entry in entries)
    if size > limit or len(entries) > MAX_ENTRIES:
        raise Problem(
            "«{name}» ocupa {size} MB una vez descomprimido y aquí caben {limit}.",
            name=name,
            size=size >> 20,
            limit=limit >> 20,
        )
    if any(entry.compress_type not in PLAIN or entry.flag_bits & 1 for entry in entries):
        raise Problem("«{name}» está cifrado o comprimido de un modo que aquí no se abre.", name=name)
