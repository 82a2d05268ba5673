"""JSON Schemas of the configuration files, for editors: made from the models, so that both say the same.

`python -m app.config.editor_schemas` writes them anew beside this module.
"""

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from app.config.cases import CasesFile
from app.config.clients import CLIENTS, ClientsFile
from app.config.duty import DUTY_FILES
from app.config.flows import FlowFile
from app.config.line_files import LinesFile
from app.config.prompt_files import PromptsFile
from app.config.validation import Strict

FOLDER = Path(__file__).parent / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

_MODELS: Mapping[str, type[Strict]] = MappingProxyType(
    {
        "lines": LinesFile,
        "flow": FlowFile,
        "prompts": PromptsFile,
        "cases": CasesFile,
        **{PurePosixPath(file).stem: model for file, model in DUTY_FILES.items()},
        PurePosixPath(CLIENTS).stem: ClientsFile,
    }
)


def export_schemas() -> dict[str, dict[str, Any]]:
    """Return the schema of each kind of file, by the name it is committed under (`flow.schema.json`)."""
    return {f"{name}.schema.json": _schema(model) for name, model in _MODELS.items()}


def written(schema: Mapping[str, Any]) -> str:
    """Return a schema as the text of its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write_schemas(folder: Path = FOLDER) -> None:
    """Write every schema into the folder."""
    for name, schema in export_schemas().items():
        (folder / name).write_text(written(schema), encoding="utf-8")


def _schema(model: type[Strict]) -> dict[str, Any]:
    return {"$schema": DIALECT, **_for_editors(model.model_json_schema())}


def _for_editors(part: Any) -> Any:  # noqa: ANN401 (JSON)
    """Return part of a schema with what pydantic leaves out or says in a way editors take for less than meant."""
    if isinstance(part, list):
        return [_for_editors(each) for each in part]
    if not isinstance(part, dict):
        return part
    made = {key: _for_editors(value) for key, value in part.items() if key != "discriminator"}
    if "patternProperties" in made:
        # Without this, a key that fits no pattern would be allowed.
        made.setdefault("additionalProperties", False)
    return _without_null(made)


def _without_null(made: dict[str, Any]) -> dict[str, Any]:
    # What is optional is left out; written and empty it is a fault, so null is no choice to offer.
    choices = made.get("anyOf", [])
    if {"type": "null"} not in choices:
        return made
    real = [each for each in choices if each != {"type": "null"}]
    rest = {key: value for key, value in made.items() if key not in {"anyOf", "default"}}
    return {**rest, **(real[0] if len(real) == 1 else {"anyOf": real})}


if __name__ == "__main__":
    write_schemas()
