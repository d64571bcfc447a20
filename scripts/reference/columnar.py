#!/usr/bin/env python3
"""Small column files as Hugging Face's datasets and pyarrow write them, with what only their metadata says.

    python scripts/reference/columnar.py crates/data/tests/fixtures/columnar

Writes class_label.parquet (labels as numbers, their names in the metadata), sequence_of_objects.parquet (a list of messages as
one object of lists), time_zone.parquet (moments in summer and winter) and saved_to_disk/ (a stream of Arrow batches). To make the
environment:

    python -m venv .venv && .venv/bin/pip install datasets==5.2.0 pyarrow==26.0.1
"""
import datetime
import json
import shutil
import sys
from pathlib import Path

import pyarrow
import pyarrow.parquet
from datasets import ClassLabel, Dataset, Features, Value


def class_label(path: Path) -> None:
    features = Features({"text": Value("string"), "label": ClassLabel(names=["negative", "positive"])})
    rows = {"text": ["The soup was cold", "The bread was warm and fresh"], "label": [0, 1]}
    Dataset.from_dict(rows, features=features).to_parquet(path)


def sequence_of_objects(path: Path) -> None:
    """Sequence({...}) of datasets is stored as an object of lists; the metadata says that it is a list of objects."""
    messages = [
        {"role": ["user", "assistant"], "content": [question, answer]}
        for question, answer in [("How long do lentils cook?", "Twenty minutes"), ("And beans?", "An hour, after a night in water")]
    ]
    text = {"dtype": "string", "_type": "Value"}
    features = {"messages": {"feature": {"role": text, "content": text}, "_type": "Sequence"}}
    table = pyarrow.table({"messages": pyarrow.array(messages)})
    noted = {"huggingface": json.dumps({"info": {"features": features}})}
    pyarrow.parquet.write_table(table.replace_schema_metadata(noted), path)


def time_zone(path: Path) -> None:
    zone = datetime.timezone(datetime.timedelta(hours=2))
    moments = [datetime.datetime(2024, 7, 1, 9, 30, tzinfo=zone), datetime.datetime(2024, 1, 1, 9, 30, tzinfo=zone)]
    prompts = ["When does the market open in July?", "And in January?"]
    moment = pyarrow.array(moments, type=pyarrow.timestamp("us", tz="Europe/Berlin"))
    pyarrow.parquet.write_table(pyarrow.table({"prompt": prompts, "completion": moment}), path)


def saved_to_disk(folder: Path) -> None:
    rows = {"prompt": ["Boil an egg", "Toast bread"], "completion": ["Eight minutes", "Two minutes"]}
    shutil.rmtree(folder, ignore_errors=True)
    Dataset.from_dict(rows).save_to_disk(folder)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    class_label(target / "class_label.parquet")
    sequence_of_objects(target / "sequence_of_objects.parquet")
    time_zone(target / "time_zone.parquet")
    saved_to_disk(target / "saved_to_disk")
