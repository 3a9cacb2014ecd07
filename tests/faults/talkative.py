"""The server with one thing wrong: it logs the body that names one number. For the search for personal data."""

import logging
from typing import Any

from pydantic import BaseModel

from admin.call import Call, Model
from stream_jobs.cli import main

LOUD = "13833337777"

logger = logging.getLogger(__name__)
read_quietly = Call.body


def read_aloud(self: Call, model: type[Model]) -> Model:
    """Logs the body of whoever gives that number."""
    body: Any = read_quietly(self, model)
    if isinstance(body, BaseModel) and LOUD in (said := body.model_dump_json()):
        logger.warning("was sent %s", said)
    return body  # type: ignore[no-any-return]  # as before


if __name__ == "__main__":
    Call.body = read_aloud  # type: ignore[method-assign]  # this is what is wrong with it
    main()
