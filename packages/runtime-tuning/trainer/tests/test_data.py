import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kaito_trainer.config import DatasetConfig
from kaito_trainer.data import read_data
from kaito_trainer.failure import Failure

WHOLE = DatasetConfig(train_test_split=1)


def lines(path, *rows):
    path.write_text("\n".join(json.dumps(row) for row in rows))


def refused(folder, config=WHOLE):
    with pytest.raises(Failure) as caught:
        read_data(folder, config)
    return caught.value


def test_reads_every_file_and_not_only_one(tmp_path):
    lines(tmp_path / "a.jsonl", {"text": "one"})
    lines(tmp_path / "b.json", {"text": "two"})
    (tmp_path / "c.csv").write_text("text\nthree\n")
    pq.write_table(pa.table({"text": ["four"]}), tmp_path / "d.parquet")
    data = read_data(tmp_path, WHOLE)
    assert sorted(row["text"] for row in data.train) == ["four", "one", "three", "two"]
    assert data.files == ["a.jsonl", "b.json", "c.csv", "d.parquet"]


def test_takes_a_download_with_a_query_in_its_name(tmp_path):
    pq.write_table(pa.table({"text": ["x"]}), tmp_path / "train.parquet?download=true")
    assert len(read_data(tmp_path, WHOLE).train) == 1


def test_takes_dolly_rows_as_conversations(tmp_path):
    lines(tmp_path / "d.jsonl", {"instruction": "Do", "context": "Here", "response": "Done", "category": "x"})
    data = read_data(tmp_path, WHOLE)
    assert data.form == "messages"
    assert data.train == [{"messages": [{"role": "user", "content": "Do\n\nHere"}, {"role": "assistant", "content": "Done"}]}]


def test_applies_the_columns_of_the_settings(tmp_path):
    lines(tmp_path / "d.jsonl", {"q": "Do", "a": "Done"})
    assert "q" in str(refused(tmp_path)) and refused(tmp_path).code == "COLUMNS_MISSING"
    data = read_data(tmp_path, DatasetConfig(context_column="q", response_column="a", train_test_split=1))
    assert data.train[0]["messages"][1]["content"] == "Done"
    assert refused(tmp_path, DatasetConfig(messages_column="m")).code == "COLUMNS_MISSING"


def test_keeps_prompt_and_completion_as_they_are(tmp_path):
    lines(tmp_path / "d.jsonl", {"prompt": "1+1=", "completion": "2"})
    assert read_data(tmp_path, WHOLE).train == [{"prompt": "1+1=", "completion": "2"}]


def test_counts_bad_rows_and_shows_the_first(tmp_path):
    good = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    lines(tmp_path / "d.jsonl", good, {"messages": []}, {"messages": [{"role": "user", "content": "no answer"}]})
    data = read_data(tmp_path, WHOLE)
    assert (len(data.train), data.bad_rows) == (1, 2)
    assert data.bad_examples[0] == "d.jsonl row 1: messages is no list of messages"


def test_refuses_what_cannot_be_trained_on(tmp_path):
    assert refused(tmp_path).code == "NO_DATA"
    (tmp_path / "notes.txt").write_text("x")
    assert "notes.txt" in str(refused(tmp_path))
    lines(tmp_path / "a.jsonl", {"text": " "})
    assert refused(tmp_path).code == "NOTHING_TO_TRAIN"
    lines(tmp_path / "b.jsonl", {"prompt": "x", "completion": "y"})
    assert refused(tmp_path).code == "DATA_MIXED"
    (tmp_path / "c.parquet").write_bytes(b"PAR1 cut")
    failure = refused(tmp_path)
    assert failure.code == "DATA_UNREADABLE" and "c.parquet" in str(failure)


def test_splits_and_shuffles_the_same_way_each_time(tmp_path):
    lines(tmp_path / "a.jsonl", *({"text": str(i)} for i in range(10)))
    one, two = (read_data(tmp_path, DatasetConfig(train_test_split=0.8)) for _ in range(2))
    assert one.train == two.train and len(one.train) == 8 and len(one.evaluation) == 2
    assert [row["text"] for row in one.train] != [str(i) for i in range(8)]
