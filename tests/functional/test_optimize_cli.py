"""t2mc optimize and t2mc prices through the command line, with files on disk. No network."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.functional.test_paper_scenarios import differences
from tests.rigs.clouds import AWS, AZURE, GCP
from typer.testing import CliRunner

from twin2multicloud.cli.app import app
from twin2multicloud.costs.paper_tables import PRESETS
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.snapshots import encode_prices
from twin2multicloud.domain.errors import ConfigurationError, FinalError, InvalidProjectError, RetryableError
from twin2multicloud.operations.prices import HttpsPriceSource, load_book
from twin2multicloud.project.loader import load_project
from twin2multicloud.project.templates import template_names, write_template

pytestmark = pytest.mark.functional
MEDIUM = msgspec.to_builtins(PRESETS["medium"])


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(each) for each in arguments], env={"COLUMNS": "200"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "twin"
    write_template(template_names()[0], folder)
    (folder / "workload.json").write_text(json.dumps(MEDIUM))
    return folder


def test_a_table_for_people() -> None:
    said = run("optimize", "--preset", "medium", "--details", "--pareto")
    for word in (
        "the cheapest placement",
        "one cloud alone",
        "service variants",
        "Pareto front",
        "L3-archive",
        "digest",
    ):
        assert word in said


def test_figures_of_the_command_line_win_over_those_of_a_preset() -> None:
    answer = json.loads(run("optimize", "--preset", "medium", "--devices", "70", "--interval", "3", "--json"))
    assert (answer["workload"]["devices"], answer["workload"]["interval_min"]) == (70, 3)
    assert answer["workload"]["message_kb"] == MEDIUM["message_kb"]


@pytest.mark.parametrize(
    ("conditions", "sentence"),
    [
        ((), "all 2,187 placements were priced, each with its cheapest service variants\n"),
        (("--fix", "L1=aws"), "all 2,187 placements were priced, .* variants; 729 of them meet your conditions\n"),
    ],
)
def test_what_was_compared_is_said_in_plain_words(conditions: tuple[str, ...], sentence: str) -> None:
    assert re.search(sentence, run("optimize", "--preset", "medium", *conditions))


def test_json_is_complete_and_unrounded() -> None:
    answer = json.loads(run("optimize", "--preset", "medium", "--json", "--pareto"))
    assert answer["evaluated"] == 2187
    assert answer["total"] == pytest.approx(sum(line["cost"] for line in answer["breakdown"]["lines"]))
    assert set(answer["single_cloud"]) == {"aws", "azure", "gcp"}
    assert answer["pareto"][0]["total"] == pytest.approx(answer["total"])
    assert answer["workload"]["devices"] == 4000
    assert answer["price_digest"] == PriceBook.shipped().digest()


def test_csv_adds_up() -> None:
    rows = list(csv.DictReader(io.StringIO(run("optimize", "--preset", "small", "--csv"))))
    total = json.loads(run("optimize", "--preset", "small", "--json"))["total"]
    assert sum(float(row["usd_per_month"]) for row in rows) == pytest.approx(total)


def test_sensitivity_is_said() -> None:
    said = run("optimize", "--preset", "medium", "--sensitivity")
    assert "single prices that flip the choice" in said
    assert "firestore.write" in said


def test_constraints_are_kept() -> None:
    answer = json.loads(
        run("optimize", "--preset", "medium", "--json", "--fix", "L4=azure", "--forbid", "google", "--max-clouds", 2)
    )
    assert answer["placement"]["l4"] == "azure"
    assert "gcp" not in answer["placement"].values()


def test_apply_writes_a_placement_that_the_project_loader_takes(project: Path) -> None:
    run("optimize", project, "--apply", "--fix", "L5=aws")
    record = json.loads((project / "placement_decision.json").read_text())
    placement = load_project(project).twin.placement
    assert placement.l5 == AWS
    assert msgspec.to_builtins(placement) == record["placement"]
    assert record["price_digest"] == PriceBook.shipped().digest()
    assert record["constraints"]["fixed"] == {"L5": "aws"}
    assert record["workload"]["devices"] == 4000
    assert record["decided_at"].endswith("+00:00")


def test_applying_twice_leaves_nothing_to_move(project: Path) -> None:
    before = json.loads(run("optimize", project, "--moving", "--json"))["move"]
    assert before["current"] == msgspec.to_builtins(load_project(project).twin.placement)
    run("optimize", project, "--apply")
    after = json.loads(run("optimize", project, "--moving", "--json"))["move"]
    assert (after["cost"], after["slots"], after["break_even_months"]) == (0, [], None)


class TestDerivedFromTheProject:
    """`hot_retention_days` and so on of the template, and what the workload says over them."""

    SENDING = ("--interval", 2, "--message-kb", 0.5)

    @pytest.fixture
    def bare(self, project: Path) -> Path:
        (project / "workload.json").unlink()
        return project

    def test_without_a_workload(self, bare: Path) -> None:
        answer = json.loads(run("optimize", bare, *self.SENDING, "--json"))
        twin = load_project(bare).twin
        derived = {each["figure"]: each["value"] for each in answer["derived"]}
        assert answer["workload"]["devices"] == derived["devices"] == len(twin.catalog) > 0
        assert answer["workload"]["hot_months"] == pytest.approx(twin.hot_retention_days * 24 / 730)
        assert answer["workload"]["cool_months"] == pytest.approx(twin.cold_retention_days * 24 / 730)
        assert answer["workload"]["interval_min"] == 2

    def test_it_is_said_and_kept_in_the_record(self, bare: Path) -> None:
        said = " ".join(run("optimize", bare, *self.SENDING, "--apply").split())
        assert f"derived from the project: devices {len(load_project(bare).twin.catalog)} (all devices)" in said
        record = json.loads((bare / "placement_decision.json").read_text())
        assert "hot_months" in {each["figure"] for each in record["derived"]}

    def test_the_workloads_own_figures_win(self, bare: Path) -> None:
        own = {"devices": 7, "interval_min": 1, "message_kb": 0.5, "archive_months": 48}
        (bare / "workload.json").write_text(json.dumps(own))
        answer = json.loads(run("optimize", bare, "--interval", 3, "--json"))
        assert (answer["workload"]["devices"], answer["workload"]["archive_months"]) == (7, 48)
        assert answer["workload"]["interval_min"] == 3  # the command line's win over the file's
        assert {"hot_months", "cool_months"} <= {each["figure"] for each in answer["derived"]}
        assert not {"devices", "archive_months"} & {each["figure"] for each in answer["derived"]}

    def test_a_complete_workload_leaves_nothing_to_say(self, project: Path) -> None:
        assert "derived" not in run("optimize", project)

    @pytest.mark.parametrize(
        ("arguments", "missing"),
        [
            ((), "interval_min and no message_kb"),
            (("--interval", 2), "message_kb"),
            (("--message-kb", 2), "interval_min"),
        ],
    )
    def test_how_often_devices_send_has_to_be_given(
        self, bare: Path, arguments: tuple[object, ...], missing: str
    ) -> None:
        with pytest.raises(ConfigurationError) as caught:
            run("optimize", bare, *arguments)
        assert f"{bare}: found no {missing}, and no project says" in str(caught.value)
        assert "give --interval MINUTES and --message-kb KB" in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_a_file_of_the_project_is_named_where_it_lacks_them(self, bare: Path) -> None:
        (bare / "workload.json").write_text('{"devices": 7}')
        with pytest.raises(ConfigurationError, match=r"workload.json: found no interval_min and no message_kb"):
            run("optimize", bare)

    def test_a_preset_can_send_more_often(self) -> None:
        answer = json.loads(run("optimize", "--preset", "small", "--interval", 0.5, "--json"))
        assert answer["workload"]["interval_min"] == 0.5


def test_a_broken_project_is_not_written_to(project: Path) -> None:
    (project / "config_providers.json").write_text('{"layer_1_provider": "ibm"}')
    with pytest.raises(InvalidProjectError):
        run("optimize", project, "--apply")
    assert not (project / "placement_decision.json").exists()


def test_a_chart_is_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "costs.svg"
    assert f"wrote {path}" in run("optimize", "--preset", "large", "--chart", path)
    assert path.read_text().startswith("<svg")
    assert "messages per device and hour" in path.read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "no workload: give --workload FILE, --preset small|medium|large, or the project folder"),
        (["--preset", "huge"], "preset 'huge' is unknown, expected one of small, medium, large"),
        (["--preset", "small", "--fix", "L9=aws"], "slot 'L9' is unknown"),
        (["--preset", "small", "--forbid", "ibm"], "cloud 'ibm' is unknown, expected aws, azure or gcp"),
        (["--preset", "small", "--apply"], "--apply and --moving need the project folder"),
        (["--preset", "small", "--prices", "/nowhere"], "/nowhere: no such file or folder of price books"),
        (["--workload", "/nowhere.json"], "/nowhere.json: cannot be read"),
    ],
)
def test_bad_arguments_get_one_sentence(arguments: list[str], sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        run("optimize", *arguments)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "w.json: not JSON"),
        ("[1]", "w.json: found list, expected an object"),
        (json.dumps(MEDIUM | {"devices": -1}), "w.json: workload: devices is -1, expected a number from 1"),
        (json.dumps(MEDIUM | {"archive_months": 1}), "archive_months is 1, shorter than cool_months (12)"),
        (json.dumps({"workloads": []}), "w.json: workloads is [], expected a list"),
        (json.dumps({"workloads": [{"id": "a"}]}), "w.json: workloads[0]: expected an object with id and workload"),
        (
            json.dumps({"workloads": [{"id": "a", "workload": MEDIUM | {"editors": -2}}]}),
            "w.json: workloads[0].workload: workload: editors is -2",
        ),
        (
            json.dumps({"workloads": [{"id": "a", "workload": MEDIUM}] * 2}),
            "w.json: workloads[1].id: duplicate id 'a'",
        ),
        (
            json.dumps({"workloads": [{"id": n, "workload": MEDIUM} for n in "ab"]}),
            "found 2 workloads, expected one: only --model paper takes several",
        ),
    ],
)
def test_bad_workloads_get_one_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    path = tmp_path / "w.json"
    path.write_text(content)
    with pytest.raises(ConfigurationError) as caught:
        run("optimize", "--workload", path)
    assert sentence in str(caught.value)


class TestPaperModel:
    def answer(self, tmp_path: Path, content: dict[str, Any]) -> dict[str, Any]:
        path = tmp_path / "w.json"
        path.write_text(json.dumps(content))
        answer: dict[str, Any] = json.loads(run("optimize", "--model", "paper", "--workload", path, "--json"))
        return answer

    def test_one_workload(self, tmp_path: Path) -> None:
        small = {name: MEDIUM[name] for name in list(MEDIUM)[:12]}
        answer = self.answer(tmp_path, small)
        assert answer["workload"] == small
        assert answer["greedy"]["cost"] == pytest.approx(1664.7193773429199, rel=1e-12)
        assert answer["components"]["L1"] == {"aws": pytest.approx(463.28), "azure": 500}

    def test_several_workloads(self, tmp_path: Path) -> None:
        several = [{"id": name, "workload": msgspec.to_builtins(each)} for name, each in PRESETS.items()]
        answers = self.answer(tmp_path, {"workloads": several})["scenarios"]
        assert list(answers) == list(PRESETS)
        assert answers["large"]["single_cloud"]["azure"] is None
        assert answers["small"]["exhaustive"]["path"]["L2_cool"] == "azure"

    def test_a_list_of_one_is_answered_as_a_list(self, tmp_path: Path) -> None:
        answers = self.answer(tmp_path, {"workloads": [{"id": "only", "workload": MEDIUM}]})
        assert list(answers["scenarios"]) == ["only"]

    def test_the_published_file_itself_is_reproduced(self) -> None:
        shared = Path(__file__).parents[3] / "shared" / "optimizer" / "paper_scenarios.json"
        if not shared.exists():
            pytest.skip("../shared/optimizer/paper_scenarios.json is not there")
        published = json.loads(shared.read_text())["scenarios"]
        answers = json.loads(run("optimize", "--model", "paper", "--workload", shared, "--json"))["scenarios"]
        for name, scenario in published.items():
            for part in ("workload", "single_cloud", "greedy", "exhaustive", "components"):
                assert differences(answers[name][part], scenario[part], f"{name}.{part}") == []

    def test_for_people_and_as_csv(self) -> None:
        assert "1,664.72" in run("optimize", "--model", "paper", "--preset", "medium")
        assert run("optimize", "--model", "paper", "--preset", "medium", "--csv").startswith("id,aws,azure,greedy")

    def test_the_papers_tables_name_its_inconsistencies(self) -> None:
        said = run("optimize", "--paper-tables")
        for word in ("Table VII", "Table VIII", "45,770.37", "46,770.27", "Inconsistency 1.", "Inconsistency 2."):
            assert word in said


class TestPrices:
    def test_show_says_where_a_figure_is_from(self) -> None:
        said = run("prices", "show", "--cloud", "aws")
        assert "dynamodb.write_unit" in said
        assert "Azure" not in said.split("meter")[0]
        assert json.loads(run("prices", "show", "--json"))["digest"] == PriceBook.shipped().digest()

    def test_the_page_of_sources_is_the_books(self) -> None:
        page = Path(__file__).parents[2] / "docs" / "price_sources.md"
        assert page.read_text().endswith(run("prices", "show", "--markdown"))

    def test_diff_shows_what_changed(self, tmp_path: Path) -> None:
        changed = PriceBook.shipped().scaled(1.5, AZURE, "adt.operation")
        (tmp_path / "azure.json").write_bytes(encode_prices(changed[AZURE]))
        said = run("prices", "diff", tmp_path)
        assert "adt.operation" in said
        assert "+50.0 %" in said
        assert "adt.query_unit" not in said
        assert "no price differs" in run("prices", "diff", tmp_path, tmp_path)

    def test_a_book_of_ones_own_is_used_and_the_newest_of_two_wins(self, tmp_path: Path) -> None:
        base = PriceBook.shipped()[AWS]
        for date, factor in (("2027-01-01", 3.0), ("2026-12-01", 2.0)):
            book = PriceBook.shipped().scaled(factor, AWS)[AWS]
            (tmp_path / f"aws-{date}.json").write_bytes(encode_prices(msgspec.structs.replace(book, date=date)))
        found = load_book(tmp_path)
        assert found.price(AWS, "secrets.month").price == pytest.approx(base.prices["secrets.month"].price * 3)
        assert found[GCP] == PriceBook.shipped()[GCP]
        alone = json.loads(run("optimize", "--preset", "small", "--json", "--prices", tmp_path))["single_cloud"]["aws"]
        assert alone > 40

    def test_a_zero_price_refuses_to_compute(self, tmp_path: Path) -> None:
        raw = json.loads(encode_prices(PriceBook.shipped()[AWS]))
        raw["prices"]["sqs.request"]["price"] = 0
        (tmp_path / "aws.json").write_text(json.dumps(raw))
        with pytest.raises(ConfigurationError, match=r"aws.json: prices: AWS .* sqs.request is 0.*, expected a price"):
            run("optimize", "--preset", "small", "--prices", tmp_path)

    def test_a_missing_price_refuses_to_compute(self, tmp_path: Path) -> None:
        raw = json.loads(encode_prices(PriceBook.shipped()[GCP]))
        del raw["prices"]["pubsub.gib"]
        (tmp_path / "gcp.json").write_text(json.dumps(raw))
        with pytest.raises(ConfigurationError, match=r"no price for pubsub.gib; a missing price does not count"):
            run("optimize", "--preset", "small", "--prices", tmp_path)

    def test_an_empty_folder_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="no price book"):
            run("prices", "diff", tmp_path)

    def test_the_socket_says_what_went_wrong(self) -> None:
        source = HttpsPriceSource(lambda _: None)
        with pytest.raises(FinalError, match="fetched over https, found http://"):
            source.get("http://example.org/", {})
        with pytest.raises(RetryableError, match=r"127.0.0.1:9 cannot be reached .*nothing was written"):
            source.get("https://127.0.0.1:9/", {"a": "b"})
