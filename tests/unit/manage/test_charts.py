from twin2multicloud.domain.device import DataType, Property
from twin2multicloud.manage.charts import chart_options, is_numeric

TEMPERATURE = Property(name="temperature", data_type=DataType.DOUBLE, unit="°C")
OCCUPIED = Property(name="occupied", data_type=DataType.BOOLEAN)
MODE = Property(name="mode", data_type=DataType.STRING)


def test_a_number_is_a_line_over_the_window() -> None:
    options = chart_options(TEMPERATURE, [(10, 21.5), (20, 22.0)], 5, 30)
    assert (options["xAxis"]["min"], options["xAxis"]["max"]) == (5, 30)
    assert options["yAxis"]["type"] == "value"
    assert options["series"][0]["data"] == [(10, 21.5), (20, 22.0)]


def test_whole_numbers_beyond_javascripts_are_sent_as_their_digits() -> None:
    points = [(10, 2**53 - 1), (20, 2**53 + 1), (30, -(2**63)), (40, 1e308), (50, -0.0)]
    data = chart_options(TEMPERATURE, points, 5, 60)["series"][0]["data"]
    assert [repr(value) for _, value in data] == [
        *("9007199254740991", "'9007199254740993'", "'-9223372036854775808'", "1e+308", "-0.0")
    ]


def test_everything_starts_with_the_first_reading() -> None:
    assert chart_options(TEMPERATURE, [(10, 21.5)], 0, 30)["xAxis"]["min"] == 10


def test_a_single_reading_is_drawn_as_a_point() -> None:
    assert chart_options(TEMPERATURE, [(10, 21.5)], 5, 30)["series"][0]["showSymbol"]
    assert not chart_options(TEMPERATURE, [(10, 21.5), (20, 22.0)], 5, 30)["series"][0]["showSymbol"]


def test_a_boolean_steps_between_off_and_on() -> None:
    options = chart_options(OCCUPIED, [(1, True), (2, True), (3, False), (4, False)], 0, 4)
    assert options["yAxis"]["data"] == ["off", "on"]
    assert options["series"][0]["data"] == [(1, "on"), (3, "off"), (4, "off")]


def test_a_text_steps_between_its_words() -> None:
    options = chart_options(MODE, [(1, "idle"), (2, "heating"), (3, "idle")], 0, 4)
    assert options["yAxis"]["data"] == ["heating", "idle"]
    assert options["series"][0]["data"] == [(1, "idle"), (2, "heating"), (3, "idle")]


def test_of_very_many_words_the_latest_are_drawn() -> None:
    options = chart_options(MODE, [(n, f"word {n:03}") for n in range(100)], 0, 100)
    assert options["yAxis"]["data"] == [f"word {n:03}" for n in range(92, 100)]
    assert [time for time, _ in options["series"][0]["data"]] == list(range(92, 100))


def test_which_properties_are_numbers() -> None:
    assert [each for each in DataType if is_numeric(Property(name="x", data_type=each))] == [
        DataType.DOUBLE,
        DataType.INTEGER,
        DataType.LONG,
    ]
