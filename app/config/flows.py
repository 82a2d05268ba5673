"""What a flow in ivr_flows/ may say: its nodes, each with its keys.

It knows the form of one file at a time; whether names lead anywhere is checked across files elsewhere.
Field texts are shown in editors and in messages about missing keys.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from app.config.flow_words import Audio, Key, Known, Name, Tags, fault
from app.config.validation import Strict
from app.flow.nodes import Collected
from oncall import Priority

CALLBACK_DIGITS = 10  # area code, exchange and line: the fewest that ring a phone in North America


class SayModel(Strict):
    """Speaks a prompt and goes on."""

    type: Literal["say"]
    prompt: Name
    """the name of the prompt to speak"""
    next: Name
    """the node that follows"""


class PlayModel(Strict):
    """Plays an audio file and goes on."""

    type: Literal["play"]
    audio: Audio
    """the https address of the audio file"""
    next: Name
    """the node that follows"""


class OptionModel(Strict):
    """What one key of a menu does.

    Always a mapping, even when there is only somewhere to go: an option that later gets a priority changes by
    a word and not in its form, and there is one way to write it.
    """

    go: Name
    """the node this key leads to"""
    priority: Priority | None = None
    """the priority this key gives the call"""
    tags: Tags = ()
    """labels this key puts on the ticket"""
    language: Known | None = None
    """the language the call goes on in, such as es: one of those in prompts/"""


class MenuModel(Strict):
    """Speaks a prompt and waits for one key. A wrong key or silence repeats it, then `otherwise` follows."""

    type: Literal["menu"]
    prompt: Name
    """the name of the prompt that offers the keys"""
    options: Annotated[dict[Key, OptionModel], Field(min_length=1)]
    """what each key does; keys stand in quotes"""
    otherwise: Name
    """the node for callers who press nothing, or no key that is offered"""
    tries: Annotated[int, Field(ge=1, le=5)] = 2
    """how often the menu is spoken in all before `otherwise`"""
    wait_seconds: Annotated[int, Field(ge=1, le=30)] = 5
    """how long to wait for a key after the prompt"""
    wrong_key: Name | None = None
    """the prompt spoken after a key that is not offered, before the menu is repeated"""
    silence: Name | None = None
    """the prompt spoken after silence, before the menu is repeated"""


class HoursModel(Strict):
    """Goes one way when a business-hours calendar is open and another when it is closed."""

    type: Literal["hours"]
    hours: Known
    """the calendar, by its name in schedules/"""
    open: Name
    """the node while the calendar is open"""
    closed: Name
    """the node while it is closed"""
    holiday: Name | None = None
    """the node while it is closed on a holiday (default: the same as `closed`)"""
    named: dict[Known, Name] = Field(default_factory=dict)
    """nodes for single holidays, by their name in the calendar"""


class RingModel(Strict):
    """Rings the people of a ring group until somebody takes the call."""

    type: Literal["ring"]
    group: Known
    """the ring group, by its name in schedules/"""
    otherwise: Name
    """the node when nobody takes the call"""
    nobody: Name | None = None
    """the node when there is nobody to ring at all (default: `otherwise`)"""
    busy: Name | None = None
    """the node when everybody who could be rung is talking on another call (default: `otherwise`)"""
    answered: Name | None = None
    """the node after the conversation (default: the call ends)"""
    say: Name | None = None
    """the prompt spoken before the first phone rings"""
    between: Name | None = None
    """the prompt spoken between two people"""


class EscalateModel(Strict):
    """Climbs an escalation policy until somebody takes the call."""

    type: Literal["escalate"]
    policy: Known
    """the escalation policy, by its name in schedules/"""
    otherwise: Name
    """the node when nobody takes the call"""
    nobody: Name | None = None
    """the node when there is nobody to ring at all (default: `otherwise`)"""
    busy: Name | None = None
    """the node when everybody who could be rung is talking on another call (default: `otherwise`)"""
    answered: Name | None = None
    """the node after the conversation (default: the call ends)"""
    say: Name | None = None
    """the prompt spoken before the first phone rings"""
    between: Name | None = None
    """the prompt spoken between two people"""


class RingAssigneeModel(Strict):
    """Rings the person who has the caller's open ticket, unless that person is away."""

    type: Literal["ring_assignee"]
    otherwise: Name
    """the node when that person does not take the call"""
    nobody: Name | None = None
    """the node when nobody has the ticket, or they are away (default: `otherwise`)"""
    busy: Name | None = None
    """the node when that person is talking on another call (default: `otherwise`)"""
    answered: Name | None = None
    """the node after the conversation (default: the call ends)"""
    hours: Known | None = None
    """business hours outside which they are rung only while they are on call (default: at any time)"""
    ring_seconds: Annotated[int, Field(ge=5, le=120)] = 25
    """how long each of their phones rings"""
    say: Name | None = None
    """the prompt spoken before the first phone rings"""
    between: Name | None = None
    """the prompt spoken between two phones"""


class QueueModel(Strict):
    """Keeps the caller in line until somebody of a ring group or a policy is free. For when everybody is busy."""

    type: Literal["queue"]
    otherwise: Name
    """the node when nobody took the call in time, or nobody can be rung for a caller on hold"""
    group: Known | None = None
    """the ring group whose people may take the calls, by its name in schedules/"""
    policy: Known | None = None
    """the escalation policy whose people may take the calls, in place of a group"""
    callback: Name | None = None
    """the node after key 1, which asks for a call back (default: it is not offered)"""
    message: Name | None = None
    """the node after key 2, which is to leave a message (default: it is not offered)"""
    answered: Name | None = None
    """the node after the conversation (default: the call ends)"""
    say: Name | None = None
    """the prompt spoken before the music begins"""
    max_wait_minutes: Annotated[int, Field(ge=1, le=60)] = 15
    """how long a caller waits in all before `otherwise`"""
    announce_every_seconds: Annotated[int, Field(ge=15, le=300)] = 30
    """how often callers hear their place in line"""

    @model_validator(mode="after")
    def _one_of_both(self) -> "QueueModel":
        if (self.group is None) == (self.policy is None):
            raise fault("name whose people may take the calls: either a group or a policy")
        return self


class CallbackModel(Strict):
    """Settles which number is called back: the caller's own, or another one that they key."""

    type: Literal["callback"]
    confirm: Name
    """the prompt that reads {callback_number} out; 1 agrees, 2 is for another number"""
    ask: Name
    """the prompt that asks for the number, ended with the # key"""
    next: Name
    """the node when the number is settled"""
    otherwise: Name
    """the node when no number could be had"""
    wrong: Name | None = None
    """the prompt spoken after a number that cannot be called back"""
    tries: Annotated[int, Field(ge=1, le=5)] = 2
    """how often to ask in all"""
    wait_seconds: Annotated[int, Field(ge=1, le=30)] = 6
    """how long to wait for a key"""


class PartyModel(Strict):
    """Connects an outside party, such as the answering service. It presses no key to take the call."""

    type: Literal["party"]
    party: Known
    """the outside party, by its name in schedules/"""
    otherwise: Name
    """the node when it does not answer"""
    answered: Name | None = None
    """the node after the conversation (default: the call ends)"""
    say: Name | None = None
    """the prompt spoken before its phone rings"""


class VoicemailModel(Strict):
    """Records a message."""

    type: Literal["voicemail"]
    prompt: Name
    """the prompt spoken before the tone"""
    next: Name
    """the node after the message"""
    empty: Name | None = None
    """the node when nothing was said (default: `next`)"""
    max_seconds: Annotated[int, Field(ge=10, le=600)] = 180
    """the longest message"""
    silence_seconds: Annotated[int, Field(ge=2, le=30)] = 6
    """how much silence ends the message"""
    review: bool = False
    """whether the caller may record the message again before it is kept"""


class CollectModel(Strict):
    """Asks for digits, ended with the # key."""

    type: Literal["collect"]
    prompt: Name
    """the prompt that asks for the digits"""
    into: Collected
    """what the digits are"""
    next: Name
    """the node when they fit"""
    otherwise: Name
    """the node when none that fit were given"""
    min_digits: Annotated[int, Field(ge=1, le=20)]
    """the fewest digits that fit"""
    max_digits: Annotated[int, Field(ge=1, le=20)]
    """the most digits that fit"""
    tries: Annotated[int, Field(ge=1, le=5)] = 2
    """how often to ask in all before `otherwise`"""
    wait_seconds: Annotated[int, Field(ge=1, le=30)] = 6
    """how long to wait for the next digit"""
    wrong: Name | None = None
    """the prompt spoken before asking again"""

    @model_validator(mode="after")
    def _in_order(self) -> "CollectModel":
        if self.min_digits > self.max_digits:
            raise fault(f"min_digits {self.min_digits} is more than max_digits {self.max_digits}")
        if self.into is Collected.CALLBACK_NUMBER and self.max_digits < CALLBACK_DIGITS:
            raise fault(f"a call-back number has {CALLBACK_DIGITS} digits: raise max_digits {self.max_digits}")
        return self


class SetModel(Strict):
    """Gives the call a priority, labels or a language, and goes on."""

    type: Literal["set"]
    next: Name
    """the node that follows"""
    priority: Priority | None = None
    """the priority the call has from here"""
    tags: Tags = ()
    """labels for the ticket"""
    language: Known | None = None
    """the language the call goes on in, such as es: one of those in prompts/"""

    @model_validator(mode="after")
    def _sets_something(self) -> "SetModel":
        if self.priority is None and not self.tags and self.language is None:
            raise fault("sets nothing: give it a priority, tags or a language, or lead past it")
        return self


class RecogniseModel(Strict):
    """Greets the caller and finds out who is calling: clients and blocked numbers stand in schedules/clients.yaml."""

    type: Literal["recognise"]
    greeting: Name
    """the prompt that greets callers; a client may have one of its own"""
    unknown: Name
    """the node for everybody of whom nothing is known, and for withheld numbers"""
    blocked: Name
    """the node for numbers on the block list; they are not greeted"""
    known: Name | None = None
    """the node for a client (default: `unknown`)"""
    open_ticket: Name | None = None
    """the node for a number with a ticket that is neither resolved nor closed (default: as if there were none)"""
    again: Name | None = None
    """the node for a second call within 15 minutes, whose priority is raised one step (default: `unknown`)"""
    again_emergency: Name | None = None
    """the node for a second call that is now an emergency (default: `again`)"""


class TicketStatusModel(Strict):
    """Speaks number, priority and status of the caller's open ticket, and when it was last updated."""

    type: Literal["ticket_status"]
    next: Name
    """the node that follows"""
    unknown: Name
    """the node when there is no open ticket, or it cannot be looked up now"""


class LanguageModel(Strict):
    """Offers another language, spoken in that language; silent for callers who hear it already.

    The key itself is an option of the menu that follows, with `language`.
    """

    type: Literal["language"]
    language: Known
    """the language that is offered, such as es: one of those in prompts/"""
    prompt: Name
    """the prompt that offers it"""
    next: Name
    """the node that follows"""


class GoModel(Strict):
    """Continues in another flow."""

    type: Literal["go"]
    flow: Name
    """the flow to continue in"""
    node: Name | None = None
    """the node of that flow (default: where it starts)"""


class HangupModel(Strict):
    """Ends the call."""

    type: Literal["hangup"]
    prompt: Name | None = None
    """the last words"""


NodeModel = Annotated[
    SayModel
    | PlayModel
    | MenuModel
    | HoursModel
    | RingModel
    | EscalateModel
    | RingAssigneeModel
    | QueueModel
    | CallbackModel
    | PartyModel
    | VoicemailModel
    | CollectModel
    | SetModel
    | RecogniseModel
    | TicketStatusModel
    | LanguageModel
    | GoModel
    | HangupModel,
    Field(discriminator="type"),
]


class FlowFile(Strict):
    """ivr_flows/<name>.yaml: one flow, the script that calls walk through node by node."""

    flow: Name
    """the name of this flow"""
    start: Name
    """the node a call begins at"""
    on_error: Name
    """the node a call goes to when anything in this flow fails"""
    nodes: Annotated[dict[Name, NodeModel], Field(min_length=1)]
    """the nodes by name"""
