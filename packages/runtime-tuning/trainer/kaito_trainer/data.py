"""Every data file is read, every row looked at, before anything is trained."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Callable, Iterable

from .config import DatasetConfig
from .failure import Failure

FORMATS = {".parquet": "parquet", ".jsonl": "json", ".json": "json", ".csv": "csv", ".arrow": "arrow"}

Row = dict[str, Any]


@dataclasses.dataclass
class Data:
    """Rows in one of the forms that TRL knows: `messages`, `prompt` with `completion`, or `text`."""

    form: str
    train: list[Row]
    evaluation: list[Row]
    files: list[str]
    bad_rows: int
    bad_examples: list[str]


def find_files(folder: Path, config: DatasetConfig) -> list[tuple[Path, str]]:
    """All data files with their formats, sorted by path. Raises NO_DATA."""
    root = folder if config.dataset_path is None else Path(config.dataset_path)
    candidates = [root] if root.is_file() else sorted(path for path in root.rglob("*") if path.is_file())
    found = [(path, kind) for path in candidates if (kind := _format(path, config.dataset_extension))]
    if not found:
        names = [path.name for path in candidates][:5]
        raise Failure("NO_DATA", f"no parquet, json, jsonl, csv or arrow file under {root}; there is {names or 'nothing'}")
    return found


def _format(path: Path, stated: str | None) -> str | None:
    if stated is not None:
        return FORMATS.get(f".{stated.lstrip('.')}", None)
    # KAITO takes a file whose name merely contains the format: downloads often have a query behind it.
    suffix = path.suffix.lower()
    return FORMATS.get(suffix) or next((kind for end, kind in FORMATS.items() if end[1:] in path.name.lower()), None)


def read_data(folder: Path, config: DatasetConfig) -> Data:
    """Reads, checks, shuffles and splits. Raises NO_DATA, DATA_UNREADABLE, COLUMNS_MISSING, DATA_MIXED, NOTHING_TO_TRAIN."""
    import random

    from datasets import Dataset

    forms: dict[str, list[str]] = {}
    rows: list[Row] = []
    bad: list[str] = []
    files = find_files(folder, config)
    for path, kind in files:
        try:
            table = getattr(Dataset, f"from_{kind}")(str(path)) if kind != "arrow" else Dataset.from_file(str(path))
        except Exception as error:  # each format's reader has errors of its own
            first = str(error.__cause__ or error).splitlines()[0]
            raise Failure("DATA_UNREADABLE", f"{path.name} cannot be read as {kind}: {first}. Was it downloaded whole?") from error
        form, convert = choose_form(path.name, table.column_names, config)
        forms.setdefault(form, []).append(path.name)
        for number, row in enumerate(table):
            try:
                rows.append(convert(row))
            except ValueError as error:
                bad.append(f"{path.name} row {number}: {error}")
    if len(forms) > 1:
        raise Failure("DATA_MIXED", f"the files have different forms: {forms}. Bring them to one")
    if not rows:
        raise Failure("NOTHING_TO_TRAIN", f"none of the rows can be used; the first: {bad[:3] or 'there are none'}")
    if config.shuffle_dataset:
        random.Random(config.shuffle_seed).shuffle(rows)
    cut = max(1, round(len(rows) * config.train_test_split))
    names = [path.name for path, _ in files]
    return Data(next(iter(forms)), rows[:cut], rows[cut:], names, len(bad), bad[:3])


def choose_form(name: str, columns: Iterable[str], config: DatasetConfig) -> tuple[str, Callable[[Row], Row]]:
    """Which form a file has, from the settings or else from its columns. Raises COLUMNS_MISSING."""
    have = set(columns)

    def need(*wanted: str) -> None:
        missing = [column for column in wanted if column not in have]
        if missing:
            raise Failure("COLUMNS_MISSING", f"{name} has no column {missing}; it has {sorted(have)}. Set the columns in DatasetConfig")

    if config.messages_column:
        need(config.messages_column)
        return "messages", _messages(config.messages_column)
    if config.context_column:
        response = config.response_column or "text"
        need(config.context_column, response)
        return "messages", _instruction(config.context_column, None, response)
    if config.response_column:
        need(config.response_column)
        return "text", _text(config.response_column)
    if "messages" in have:
        return "messages", _messages("messages")
    if {"prompt", "completion"} <= have:
        return "prompt", _prompt
    answer = next((column for column in ("response", "output", "answer") if column in have), None)
    if "instruction" in have and answer:
        extra = next((column for column in ("context", "input") if column in have), None)
        return "messages", _instruction("instruction", extra, answer)
    if "text" in have:
        return "text", _text("text")
    raise Failure(
        "COLUMNS_MISSING",
        f"{name} has the columns {sorted(have)}; one of messages, prompt with completion, instruction with response or output,"
        " or text is wanted. Rename them, or set the columns in DatasetConfig",
    )


def _filled(row: Row, column: str) -> str:
    value = row.get(column)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{column} is empty or no text")
    return value


def _text(column: str) -> Callable[[Row], Row]:
    return lambda row: {"text": _filled(row, column)}


def _prompt(row: Row) -> Row:
    return {"prompt": _filled(row, "prompt"), "completion": _filled(row, "completion")}


def _instruction(instruction: str, extra: str | None, answer: str) -> Callable[[Row], Row]:
    def convert(row: Row) -> Row:
        asked = _filled(row, instruction)
        context = row.get(extra) if extra else None
        if isinstance(context, str) and context.strip():
            asked = f"{asked}\n\n{context}"
        turns = [{"role": "user", "content": asked}, {"role": "assistant", "content": _filled(row, answer)}]
        return {"messages": turns}

    return convert


def _messages(column: str) -> Callable[[Row], Row]:
    def convert(row: Row) -> Row:
        value = row.get(column)
        if not isinstance(value, list) or not value:
            raise ValueError(f"{column} is no list of messages")
        turns = []
        for turn in value:
            if not isinstance(turn, dict) or turn.get("role") not in ("system", "user", "assistant", "tool"):
                raise ValueError("a message has no known role")
            turns.append({"role": turn["role"], "content": _filled(turn, "content")})
        if all(turn["role"] != "assistant" for turn in turns):
            raise ValueError("no message is the assistant's: there is nothing to learn")
        return {"messages": turns}

    return convert
