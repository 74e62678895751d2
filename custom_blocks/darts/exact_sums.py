"""Sums whose terms are added in one order, however busy the machine is."""

import contextlib
from collections.abc import Iterator

from tensorflow.core.protobuf import config_pb2, rewriter_config_pb2
from tensorflow.python.eager import context


@contextlib.contextmanager
def exact_sums() -> Iterator[None]:
    """Compiled functions that are first called in here add large sums in a fixed order.

    TensorFlow's memory optimiser makes of an `add_n` of large tensors one variable that each
    term is added to as soon as it is computed. Which is first depends on the threads: on a busy
    machine the same search ended in other bits. With it off they are equal, in the same time and
    memory. `tf.config.optimizer` has no name for this one, hence the inner modules. Other
    functions and other threads keep their options.
    """
    options = context.context().function_call_options
    config = config_pb2.ConfigProto.FromString(options.config_proto_serialized)
    config.graph_options.rewrite_options.memory_optimization = (
        rewriter_config_pb2.RewriterConfig.NO_MEM_OPT
    )
    exact = context.FunctionCallOptions(options.executor_type, config)
    context.context().function_call_options = exact
    try:
        yield
    finally:
        context.context().function_call_options = options
