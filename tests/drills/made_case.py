"""A résumé file made in code, and what becomes of it."""

from dataclasses import dataclass

from stream_jobs.domain.resume_files import FileKind

PDF, DOCX, PHOTO = FileKind.PDF, FileKind.DOCX, FileKind.PHOTO
WORDS = "王师傅 13800000001 注塑操作工 五年经验 叉车证"


@dataclass(frozen=True)
class Case:
    name: str
    kind: FileKind
    data: bytes
    # How it may be refused; empty: it must be taken.
    codes: tuple[str, ...] = ()
