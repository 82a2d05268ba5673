"""A caller whose every move is made by somebody at a screen. Decides nothing by itself."""

from app.simulator.parties import Moment, Reactions


class Hand:
    """Does nothing of itself, and remembers which moment of the call came last."""

    def __init__(self) -> None:
        self.moment: Moment | None = None

    def reactions(self, moment: Moment, *, prompt_seconds: float = 0.0) -> Reactions:
        del prompt_seconds
        self.moment = moment
        return ()
