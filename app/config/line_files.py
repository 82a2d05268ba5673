"""What ivr_flows/lines.yaml may say: the numbers that callers dial."""

from typing import Annotated

from pydantic import Field

from app.config.flow_words import Name, Number, Text
from app.config.validation import Strict
from oncall import Priority


class LineModel(Strict):
    """A telephone number callers dial."""

    title: Text
    """what staff hear and read for this line, such as "main line\""""
    number: Number
    """the number callers dial, in quotes, such as "+18162327483\""""
    flow: Name
    """the flow that calls on this line begin with"""
    priority: Priority = Priority.HIGH
    """the priority a call has until the caller chooses something"""


class LinesFile(Strict):
    """ivr_flows/lines.yaml: the numbers callers dial and the flow each of them starts."""

    lines: Annotated[dict[Name, LineModel], Field(min_length=1)]
    """the lines by name; a number nobody listed is treated as the first of them"""
