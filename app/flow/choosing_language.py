"""Which language a caller hears: offered in that language, chosen by key, or known of a client."""

from dataclasses import replace

from app.flow.book import DEFAULT_LANGUAGE
from app.flow.messages import FactKind
from app.flow.nodes import LanguageNode
from app.flow.run import Run
from oncall import Source


def offer_language(run: Run, node: LanguageNode) -> str:
    """Speaks the offer in its own language, unless the call is in that language already."""
    if run.position.language != node.language:
        run.instructions.append(run.scene.say(node.prompt, run.position, language=node.language))
        run.tell(FactKind.PROMPT_SAID, because=f"prompt {node.prompt}, in {node.language}", source=node.source)
    return node.next


def choose_language(run: Run, language: str, *, because: str, source: Source) -> None:
    """Goes on in a language such as "es"; the ticket says so, because whoever calls back has to speak it."""
    if language == run.position.language:
        return
    run.position = replace(run.position, language=language)
    run.tell(FactKind.LANGUAGE_CHOSEN, because=because, source=source, detail={"language": language})
    if language != DEFAULT_LANGUAGE:
        run.tell(
            FactKind.TAGS_ADDED,
            because=f"the caller speaks {language}",
            source=source,
            detail={"tags": [f"language-{language}"]},
        )
