"""One turn in the making: collects what to say and do, the facts, and where the call then waits."""

from dataclasses import replace

from app.flow.messages import Detail, Fact, FactKind, Instruction, Position, Turn
from app.flow.scene import Scene
from oncall import Source


class Run:
    """A turn being worked out at `position`, seeing only `scene`."""

    def __init__(self, position: Position, scene: Scene) -> None:
        self.position = position
        self.scene = scene
        self.instructions: list[Instruction] = []
        self.facts: list[Fact] = []
        self._entered_at = int(scene.at.timestamp())
        self._waits = False
        self._same_turn = False

    def tell(
        self,
        kind: FactKind,
        *,
        because: str,
        source: Source | None = None,
        detail: dict[str, Detail] | None = None,
    ) -> None:
        key = f"{len(self.facts):02}:{kind}"
        self.facts.append(
            Fact(kind=kind, key=key, at=self.scene.at, because=because, source=source, detail=detail or {})
        )

    def say(self, prompt: str) -> None:
        """Speaks a prompt in the call's language."""
        self.instructions.append(self.scene.say(prompt, self.position))

    def move(self, node: str) -> None:
        """Enters a node now, with nothing tried there yet."""
        self.position = replace(
            self.position, node=node, rung=0, tries=0, lap=0, passed_over=0, entered_at=self._entered_at
        )

    def wait(self, instruction: Instruction) -> None:
        """Ends the turn with something whose outcome is the next event."""
        self.instructions.append(instruction)
        self._waits = True

    def wait_on(self, instruction: Instruction) -> None:
        """Ends a lap of waiting: the event that was awaited is awaited still."""
        self.wait(instruction)
        self._same_turn = True

    def turn(self) -> Turn:
        """The finished turn; the call is over unless it waits."""
        passed = 0 if self._same_turn else 1
        position = replace(self.position, turn=self.position.turn + passed) if self._waits else None
        return Turn(instructions=tuple(self.instructions), position=position, facts=tuple(self.facts))
