"""A process of its own that reads one file: `python -I -m admin.resume_files.child KIND < file > answer`.

Readers of files that strangers made may take any time and memory, or end their process; here that harms nobody.
The answer is one line of JSON, then the content where it was made anew.
"""

import json
import resource
import sys
import unicodedata

from admin.bounds import bound

MAX_MEMORY_BYTES = 1024**3
MAX_CPU_SECONDS = 10
MAX_OPEN_FILES = 64


# It writes no file, either.
LIMITS = {
    resource.RLIMIT_AS: MAX_MEMORY_BYTES,
    resource.RLIMIT_CPU: MAX_CPU_SECONDS,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_NOFILE: MAX_OPEN_FILES,
    resource.RLIMIT_CORE: 0,
}


def answer(kind: str, data: bytes) -> tuple[dict[str, object], bytes]:
    """{"text"} and the content made anew, if it was; or {"refused"} by a code of the domain."""
    # Only here, so that a reader's own start is bounded too, and no reader is started in vain.
    from stream_jobs.domain.resume_files import MOST_TEXT, FileDamaged, FileKind, FileRefused, FileTooLong

    text, content = "", b""
    try:
        match FileKind(kind):
            case FileKind.PDF:
                from admin.resume_files import pdf

                text = pdf.text_of(data)
            case FileKind.DOCX:
                from admin.resume_files import docx

                text = docx.text_of(data)
            case FileKind.PHOTO:
                from admin.resume_files import photo

                content = photo.made_anew(data)
    except FileRefused as refusal:
        return {"refused": refusal.code, "expected": refusal.expected}, b""
    except (MemoryError, RecursionError):
        return {"refused": FileTooLong.code, "expected": None}, b""
    except Exception:
        # Readers raise whatever they like; that they cannot read it is all it means.
        return {"refused": FileDamaged.code, "expected": None}, b""
    # Chrome's PDFs hold the radicals of 手 and 大, which nobody types.
    return {"text": unicodedata.normalize("NFKC", text)[:MOST_TEXT].replace("\0", "")}, content


def main() -> None:
    bound(LIMITS)
    said, content = answer(sys.argv[1], sys.stdin.buffer.read())
    # Half of a pair, which a broken file may hold, is no text.
    sys.stdout.buffer.write(json.dumps(said, ensure_ascii=False).encode("utf-8", "replace") + b"\n" + content)


if __name__ == "__main__":
    main()
