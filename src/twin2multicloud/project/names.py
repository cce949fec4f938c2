"""What names in a project look like, by what they name. Shapes only; what exists is in `inventory`."""

from twin2multicloud.project.shapes import Text

TWIN_NAME = Text("[a-z][a-z0-9-]{1,14}", "2 to 15 lower-case letters, digits and dashes, starting with a letter")
NAME = Text("[A-Za-z][A-Za-z0-9_]{0,63}", "up to 64 letters, digits and underscores, starting with a letter")
LABEL = Text("[A-Za-z][A-Za-z0-9_-]{0,62}", "up to 63 letters, digits, _ and -, starting with a letter")
DEVICE_ID = Text("[A-Za-z0-9_:-]{1,128}", "up to 128 letters, digits and _ : -")  # IoT Core has the fewest: no dot
ID_PATTERN = Text(
    r"[A-Za-z0-9_:-]{0,100}\{n(:0[1-9])?\}[A-Za-z0-9_:-]{0,100}",
    "letters, digits and _ : - around one {n}, or {n:04} for four digits",
)
ENTITY_ID = Text(  # what TwinMaker and Azure Digital Twins both take
    "[A-Za-z0-9][A-Za-z0-9_.-]{0,126}[A-Za-z0-9]", "2 to 128 letters, digits, _ . -, a letter or digit at both ends"
)
ENTITY_NAME = Text(  # TwinMaker's EntityName
    "[A-Za-z0-9_.-][A-Za-z0-9_. -]{0,254}[A-Za-z0-9]", "2 to 256 letters, digits, spaces, _ . -, no umlauts or the like"
)
UNIT = Text(r"[^\x00-\x1f\x7f]{0,256}", "a unit of up to 256 characters")
PROCESSOR = Text("[a-z_][a-z0-9_]{0,63}", "the name of a file in processors/, without .py")
ACTION = Text("[a-z_][a-z0-9_]{0,63}", "the name of a file in actions/, without .py")
