import json

import autokeras as ak
import pytest

from automl_kit.custom_blocks import ClassificationHead, ImageInput, TableInput
from automl_kit.errors import InputError
from automl_kit.tasks.graphs import check_input, nodes_of, space_of


def _graph(head=None, units=1):
    entry = TableInput()
    block = ak.DenseBlock(num_layers=units)(entry)
    return entry, (head or ak.ClassificationHead(dropout=0.25))(block)


def test_autokeras_head_becomes_ours_with_its_arguments():
    entry, output = nodes_of(_graph(ak.ClassificationHead(dropout=0.25, name="last")))
    (head,) = output.in_blocks
    assert type(head) is ClassificationHead
    assert (head.dropout, head.name) == (0.25, "last")
    assert isinstance(entry, TableInput)
    (block,) = entry.out_blocks
    assert block.outputs[0].out_blocks == [head]


def test_our_head_stays_and_the_users_graph_is_not_changed():
    graph = _graph(ClassificationHead(dropout=0.5))
    entry, output = nodes_of(graph)
    assert output.in_blocks[0].dropout == 0.5
    assert entry is not graph[0]
    with_theirs = _graph()
    nodes_of(with_theirs)
    assert type(with_theirs[1][0].in_blocks[0]) is ak.ClassificationHead


def test_a_function_is_called_for_a_new_graph_each_time():
    calls = []

    def graph():
        calls.append(1)
        return _graph()

    assert nodes_of(graph)[0] is not nodes_of(graph)[0]
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        ("graph", r"a pair \(input node, output node\)"),
        ((1, 2, 3), "got tuple"),
        (lambda: None, "got NoneType"),
        ((TableInput(), TableInput()), "end with what a classification head returned"),
        (([TableInput(), TableInput()], TableInput()), "one input and one output, got 2 and 1"),
        (_graph(ak.RegressionHead()), "ends in RegressionHead"),
        (_graph(ak.ClassificationHead(multi_label=True)), "multi_label=True isn't supported"),
    ],
)
def test_what_is_no_classifiers_graph_is_refused(graph, message):
    with pytest.raises(InputError, match=message):
        nodes_of(graph)


def test_inputs_with_preprocessing_of_their_own_are_refused():
    check_input(TableInput(), (TableInput, ak.Input), "")
    with pytest.raises(InputError, match=r"start with TextInput; expected TableInput, Input\. Why"):
        check_input(ak.TextInput(), (TableInput, ak.Input), "Why.")


def test_a_space_is_json_and_knows_its_blocks_and_not_the_data():
    def space(units, scale=None):
        entry = ImageInput(scale=scale, name="in")
        block = ak.DenseBlock(num_layers=units, name="dense")(entry)
        return json.dumps(space_of(entry, ClassificationHead(name="head")(block)[0]))

    assert space(1) == space(1)
    assert space(1) == space(1, scale=[0.5])
    assert space(1) != space(2)
