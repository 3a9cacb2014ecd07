"""The server with one thing wrong: it logs what it is sent. For the control of the search for personal data."""

import logging
from typing import Any

from pydantic import BaseModel

from admin.call import Call, Model
from stream_jobs.cli import main

logger = logging.getLogger(__name__)
read_quietly = Call.body


def read_aloud(self: Call, model: type[Model]) -> Model:
    """Logs the body it was asked for."""
    body: Any = read_quietly(self, model)
    if isinstance(body, BaseModel):
        logger.warning("was sent %s", body.model_dump_json())
    return body  # type: ignore[no-any-return]  # as before


if __name__ == "__main__":
    Call.body = read_aloud  # type: ignore[method-assign]  # this is what is wrong with it
    main()
