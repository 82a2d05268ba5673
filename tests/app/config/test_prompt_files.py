"""What may stand in braces in a prompt."""

from app.config import prompt_files


def test_only_the_accept_prompt_may_say_who_is_waiting() -> None:
    assert prompt_files.unknown_placeholders("accept", "{priority} on {line}, {waited}") == ()
    assert prompt_files.unknown_placeholders("greeting", "{priority}") == ("{priority}",)
