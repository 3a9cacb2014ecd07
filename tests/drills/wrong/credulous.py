"""The server with one thing wrong: it believes a token without looking at its signature."""

from typing import Any

import jwt

from stream_jobs.cli import main
from stream_jobs.tokens import Tokens


def believe(_: Tokens, token: str) -> Any:
    return jwt.decode(token, options={"verify_signature": False, "verify_aud": False})


if __name__ == "__main__":
    Tokens._verified_claims = believe  # type: ignore[assignment, method-assign]  # this is what is wrong with it
    main()
