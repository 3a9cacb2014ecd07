"""Shapes that several parts of the API share."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import ApplicationId
from stream_jobs.domain.text import clean_text
from stream_jobs.ports import Receipt

# Text as it is kept: without what cannot be stored or shown.
Text = Annotated[str, AfterValidator(clean_text)]


def _must_say(text: str) -> str:
    clean = clean_text(text)
    if not clean:
        raise ValueError("some text")
    return clean


Said = Annotated[str, AfterValidator(_must_say)]

# The largest whole number every JSON reader keeps exact (RFC 8259 §6).
LARGEST = 2**53 - 1


class Input(BaseModel):
    """What a request carries: nothing unknown, nothing converted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Contact(Input):
    phone: str = Field(min_length=1, max_length=40, description="As typed; +86, spaces and full-width digits are fine")
    name: str | None = Field(default=None, max_length=40)


class Stored(Body):
    """The application is durable; `repeated` when this device had applied already."""

    application_id: ApplicationId
    number: str = Field(description="Four digits or more, as shown: 0312")
    at: datetime
    repeated: bool = False


def stored(receipt: Receipt) -> Stored:
    return Stored(
        application_id=ApplicationId(receipt.receipt_id),
        number=f"{receipt.number:04d}",
        at=receipt.at,
        repeated=receipt.repeated,
    )
