"""The alert rules in docs/ are rules Prometheus can read, over figures there are, with words for whoever is woken."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from app.coverage_watch import look_ahead
from app.web.health import health
from app.web.metrics import figure_of, observe
from tests.desk import CONFIG, Desk

DOCS = CONFIG / "docs"
GROUPS = yaml.safe_load((DOCS / "alerts.yaml").read_text())["groups"]
RULES: Mapping[str, Mapping[str, Any]] = {rule["alert"]: rule for group in GROUPS for rule in group["rules"]}
SELECTOR = re.compile(r"\b(ivr_[a-z_]+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(=~|=)"([^"]*)"')
AGGREGATED = re.compile(r"\b(?:by|on) \(([^)]*)\)")
# What Prometheus itself adds to every sample, and what Flask's rules decide.
ADDED = {"instance", "job"}
OPEN_SETS = {"route", "status"}

Figures = Mapping[str, list[Mapping[str, str]]]


@pytest.fixture
def figures(desk: Desk) -> Figures:
    """The labels of every sample of a service that has only just been started."""
    app = Flask("alerts-alone")
    app.register_blueprint(health(desk.services))
    observe(app)
    figure_of(desk.services.config)()
    look_ahead(desk.services)
    app.test_client().get("/healthz")
    found: dict[str, list[Mapping[str, str]]] = {}
    for family in text_string_to_metric_families(app.test_client().get("/metrics").text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    return found


def test_there_are_rules_and_none_has_the_name_of_another() -> None:
    names = [rule["alert"] for group in GROUPS for rule in group["rules"]]
    assert len(names) == len(set(names)) > 15
    assert all(re.fullmatch(r"Ivr[A-Z]\w+", name) for name in names)
    assert len({group["name"] for group in GROUPS}) == len(GROUPS)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_whole(name: str) -> None:
    """The fields Prometheus knows, a duration it can read, and what it means and what to do in words."""
    rule = RULES[name]
    assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"\d+[smhd]", rule.get("for", "1m"))
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert set(rule["annotations"]) == {"summary", "why", "do"}
    assert all(len(words) > 15 for words in rule["annotations"].values())
    expression = rule["expr"]
    assert all(expression.count(left) == expression.count(right) for left, right in ("()", "{}", "[]"))
    assert re.search(r"[<>=] |^absent\(", expression), "a rule compares with something"


@pytest.mark.parametrize("name", RULES)
def test_a_rule_asks_for_figures_there_are_from_the_first_scrape_on(name: str, figures: Figures) -> None:
    """Every figure, every label, and every value of a closed set: a slip of the pen is an alarm that never rings."""
    expression, labels = RULES[name]["expr"], set[str]()
    for figure, matchers in SELECTOR.findall(expression):
        assert figure in figures, figure
        labels.update(*(sample.keys() for sample in figures[figure]))
        for label, how, value in MATCHER.findall(matchers):
            values = {sample.get(label) for sample in figures[figure]}
            assert values != {None}, f"{figure} has no label {label}"
            wanted = value.split("|") if how == "=~" else [value]
            assert label in OPEN_SETS or set(wanted) <= values, (figure, label, values)
    grouped = {label.strip() for found in AGGREGATED.findall(expression) for label in found.split(",")}
    assert grouped <= labels | ADDED


@pytest.mark.parametrize("name", RULES)
def test_what_the_database_says_is_never_summed_over_machines(name: str) -> None:
    """Every machine shows the same; a sum would count each call once a machine."""
    own = ("ivr_http_", "ivr_log_", "ivr_spool_", "ivr_configuration")
    expression = RULES[name]["expr"]
    for found in re.finditer(r"\bsum(?: by \([^)]*\) )?\(((?:\w+\()*)(\w+)", expression):
        inner = expression[found.start() :]
        assert found[2].startswith(own) or re.match(r"sum by \([^)]*\) \(max by", inner), expression


def test_what_a_rule_tells_somebody_to_run_or_read_is_there() -> None:
    words = (DOCS / "alerts.yaml").read_text()
    from app.cli import main  # noqa: PLC0415 - the whole command line, for this test alone

    assert set(re.findall(r"`ivr (\w+)", words)) <= set(main.list_commands(click.Context(main)))
    assert not [page for page in re.findall(r"docs/([\w-]+\.md)", words) if not Path(DOCS / page).exists()]
    assert set(re.findall(r"\b(Ivr\w+)", words)) == set(RULES)


def test_every_figure_is_explained_to_operators(figures: Figures) -> None:
    told = (DOCS / "operators.md").read_text()
    families = {re.sub(r"_(bucket|sum|count|created)$", "", name) for name in figures if name.startswith("ivr_")}
    assert {name for name in families if f"`{name}`" not in told and f"`{name}_total`" not in told} == set()
