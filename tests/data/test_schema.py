import json
import re
import subprocess
import sys

import pytest

from automl_kit.data import (
    Column,
    ImageSchema,
    TableSchema,
    TextSchema,
    input_names,
    schema_from_json,
)
from automl_kit.errors import ProjectError

TABLE = TableSchema((Column("age", "number", "age"), Column("job", "category", "job")))
IMAGE = ImageSchema(28, 28, 1, 0.0, 255.0)


@pytest.mark.parametrize("schema", [TABLE, IMAGE, TextSchema()])
def test_schemas_survive_json(schema):
    assert schema_from_json(json.loads(json.dumps(schema.to_json()))) == schema


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        {},
        {"task": "audio"},
        {"task": "structured"},
        {"task": "structured", "columns": []},
        {"task": "structured", "columns": [{"name": "a", "kind": "number"}]},
        {"task": "structured", "columns": [{"name": "a", "kind": "tensor", "input": "a"}]},
        {"task": "structured", "columns": [{"name": "a", "kind": "number", "input": "../a"}]},
        {"task": "structured", "columns": [{"name": 3, "kind": "number", "input": "a"}]},
        {"task": "structured", "columns": [{"name": "a", "kind": "date", "input": "a"}] * 2},
        {"task": "image", **{**IMAGE.to_json(), "height": 0}},
        {**IMAGE.to_json(), "height": 0},
        {**IMAGE.to_json(), "height": "28"},
        {**IMAGE.to_json(), "height": True},
        {**IMAGE.to_json(), "channels": 2},
        {**IMAGE.to_json(), "low": float("nan")},
        {**IMAGE.to_json(), "low": 300.0},
    ],
)
def test_damaged_schemas_are_refused(stored):
    with pytest.raises(ProjectError, match="stored schema"):
        schema_from_json(stored)


def test_input_names_are_unique_identifiers():
    columns = ["age", "Age", "AGE_2", "0", "class", "a b", "a/b", "größe", "Étage", "", "年齢", "_"]
    columns += ["x" * 300, "x" * 301, "self", "a.b:0", "../../etc"]
    names = input_names(columns)
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) for name in names)
    assert len({name.lower() for name in names}) == len(columns)
    assert names[:4] == ["age", "Age_2", "AGE_2_2", "column_0"]
    assert names[8] == "Etage"
    assert max(map(len, names)) < 80


def test_a_schema_is_cheap_to_import():
    code = (
        "import sys, automl_kit.data.schema, automl_kit.data as d; d.Column\n"
        "print(*(m for m in ('numpy', 'pandas', 'sklearn', 'tensorflow') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_nothing_here_imports_tensorflow_and_every_public_name_exists():
    code = (
        "import sys, automl_kit.data as d\n"
        "for name in d.__all__: getattr(d, name)\n"
        "d.load_digits(); d.infer_schema(d.as_frame([[1, 'a'], [2, 'b']]))\n"
        "print('tensorflow' in sys.modules, 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
