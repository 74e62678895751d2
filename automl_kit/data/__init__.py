"""Reading tables, texts, images and their labels; splits of rows, and built-in data sets.

Names are loaded when they are first used, since pandas and scikit-learn are
behind most of them. No TensorFlow here.
"""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.data.builtin import (
        Dataset,
        load_digits,
        load_docstrings,
        load_fashion_mnist,
        load_table,
    )
    from automl_kit.data.datasets import unpacked
    from automl_kit.data.image_files import (
        ImageFiles,
        read_files,
        read_folder,
        read_image_csv,
        read_npz,
    )
    from automl_kit.data.images import as_images, release
    from automl_kit.data.labels import LabelEncoder, LoneClassWarning
    from automl_kit.data.load import (
        LoadedTable,
        LoadedTexts,
        load_for,
        load_structured,
        load_text,
    )
    from automl_kit.data.loaded_images import LoadedImages, load_images
    from automl_kit.data.schema import (
        Column,
        ImageSchema,
        TableSchema,
        TextSchema,
        input_names,
        schema_from_json,
    )
    from automl_kit.data.splits import number_of_folds, stratified_folds, stratified_split
    from automl_kit.data.table_files import read_table
    from automl_kit.data.tables import as_frame, check_width, infer_schema, to_raw
    from automl_kit.data.texts import as_texts, read_texts

__all__ = [
    "Column",
    "Dataset",
    "ImageFiles",
    "ImageSchema",
    "LabelEncoder",
    "LoadedImages",
    "LoadedTable",
    "LoadedTexts",
    "LoneClassWarning",
    "TableSchema",
    "TextSchema",
    "as_frame",
    "as_images",
    "as_texts",
    "check_width",
    "infer_schema",
    "input_names",
    "load_digits",
    "load_docstrings",
    "load_fashion_mnist",
    "load_for",
    "load_images",
    "load_structured",
    "load_table",
    "load_text",
    "number_of_folds",
    "read_files",
    "read_folder",
    "read_image_csv",
    "read_npz",
    "read_table",
    "read_texts",
    "release",
    "schema_from_json",
    "stratified_folds",
    "stratified_split",
    "to_raw",
    "unpacked",
]

_MODULES = {
    "builtin": [
        "Dataset",
        "load_digits",
        "load_docstrings",
        "load_fashion_mnist",
        "load_table",
    ],
    "datasets": ["unpacked"],
    "image_files": ["ImageFiles", "read_files", "read_folder", "read_image_csv", "read_npz"],
    "images": ["as_images", "release"],
    "labels": ["LabelEncoder", "LoneClassWarning"],
    "load": ["LoadedTable", "LoadedTexts", "load_for", "load_structured", "load_text"],
    "loaded_images": ["LoadedImages", "load_images"],
    "schema": [
        "Column",
        "ImageSchema",
        "TableSchema",
        "TextSchema",
        "input_names",
        "schema_from_json",
    ],
    "splits": ["number_of_folds", "stratified_folds", "stratified_split"],
    "table_files": ["read_table"],
    "tables": ["as_frame", "check_width", "infer_schema", "to_raw"],
    "texts": ["as_texts", "read_texts"],
}

__getattr__, __dir__ = lazy_names(__name__, _MODULES, light=list(_MODULES))
