"""Which kernels this TensorFlow has: the fast ones exist only with oneDNN."""

import functools

import tensorflow as tf


@functools.cache
def has_onednn_kernels(dtype: str) -> bool:
    """Tells whether dilated depthwise convolutions of `dtype` run, and with the right result.

    They do with oneDNN (x86, float32 and bfloat16), and then grouped convolutions have their
    gradients too. Without it the first is "not implemented" and the second "invalid argument",
    in TensorFlow 2.21. Neither is documented, so it is tried. With a GPU the kernels would be
    that one's, and the answer is no.
    """
    if tf.config.list_physical_devices("GPU"):
        return False
    with tf.init_scope(), tf.device("/CPU:0"):
        x = tf.reshape(tf.range(25, dtype=dtype), (1, 5, 5, 1))
        try:
            got = tf.function(_dilated)(x)
        except tf.errors.OpError:
            return False
        # The middle of a 5×5 image under a 3×3 kernel of ones with holes: every second pixel.
        return bool(got[0, 2, 2, 0] == tf.reduce_sum(x[:, ::2, ::2]))


def _dilated(x: tf.Tensor) -> tf.Tensor:
    kernel = tf.ones((3, 3, 1, 1), x.dtype)
    return tf.raw_ops.DepthwiseConv2dNative(
        input=x, filter=kernel, strides=[1, 1, 1, 1], padding="SAME", dilations=[1, 2, 2, 1]
    )
