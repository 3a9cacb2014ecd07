"""The server with one thing wrong: it believes a token without looking at its signature."""

from typing import Any

import jwt

from stream_jobs.cli import main

decode = jwt.decode


def believe(token: str, key: Any, *, options: Any, **more: Any) -> Any:
    return decode(token, key, options=options | {"verify_signature": False, "verify_aud": False}, **more)


if __name__ == "__main__":
    jwt.decode = believe  # type: ignore[assignment]  # this is what is wrong with it
    main()
