"""The README is true: its commands exist, its Python compiles, its files are there."""

import re
from pathlib import Path

import pytest
import typer.main

from nars.cli.main import app

README = Path("README.md").read_text()
LINES = [line.strip() for line in README.splitlines() if line.startswith("    nars ")]


@pytest.mark.parametrize("line", LINES)
def test_commands_and_options_exist(line: str) -> None:
    words = re.split(r"\s{2,}", line)[0].split()[1:]
    command = typer.main.get_command(app)
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in parameter.opts}
    for option in re.findall(r"(?<!\S)--?[a-z][a-z-]*", line):
        assert option in known, f"{line}: {option}"


def test_python_compiles() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert blocks
    for block in blocks:
        compile(block, "README.md", "exec")


def test_files_that_it_names_exist() -> None:
    named = re.findall(r"\]\(([^)#:]+)\)", README) + re.findall(
        r"`?((?:nars|search_spaces|tests)/[\w/.]+\.(?:py|yaml))`?", README
    )
    assert named
    for name in named:
        assert Path(name).exists(), name


def test_it_opens_with_the_two_commands() -> None:
    indented = [line.strip() for line in README.splitlines() if line.startswith("    ")]
    assert indented[0] == "pip install -e '.[dev]' && nars search --space search_spaces/digits.yaml"
    assert indented[1] == "pip install -e '.[dev]' && pytest"
