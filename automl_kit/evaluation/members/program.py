"""The compiled part of a training: steps of AdamW, and outputs on rows.

A program is compiled for an architecture once and serves every training of it: rates, decay,
dropout, seeds, rows and their weights are inputs.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_kit.custom_blocks.muon import direction
from automl_kit.evaluation.judging import Loss
from automl_kit.evaluation.members.stacking import Stack
from automl_kit.evaluation.members.training_recipe import AdamW

_INT, _FLOAT = tf.int32, tf.float32


class Program:
    """Trains the networks of a stack, all of them in each step.

    Where tensors below have an axis of members, it is 1 for a single network.

    Args:
        stack: The networks.
        recipe: Whose betas, epsilon, `decayed` and `clipnorm` are compiled in.
        loss: From targets and outputs to a loss a row.
        one_rate: Whether all members are trained at the first one's learning rate.
    """

    def __init__(self, stack: Stack, recipe: AdamW, loss: Loss, one_rate: bool = True):
        self.stack, self.recipe, self.loss, self.one_rate = stack, recipe, loss, one_rate
        self.members = stack.members or 1
        self._trained = [weight for weight in stack.weights if weight.trainable]
        self._first = [tf.Variable(tf.zeros_like(w.value)) for w in self._trained]
        self._second = [tf.Variable(tf.zeros_like(w.value)) for w in self._trained]
        inputs = [self._rows_spec(tensor) for tensor in stack.network.inputs]
        rows, members = [None], self.members
        target = tf.TensorSpec([None, stack.network.output.shape[-1]], _FLOAT)
        self.outputs = tf.function(
            self._outputs, input_signature=[inputs, tf.TensorSpec([members, None], _INT)]
        )
        self.run = tf.function(
            self._run,
            input_signature=[
                inputs,
                target,
                tf.TensorSpec(rows, _FLOAT),
                tf.TensorSpec([None, members, None], _INT),
                tf.TensorSpec([None, members], _FLOAT),
                tf.TensorSpec([members], _FLOAT),
                tf.TensorSpec([members], _INT),
                tf.TensorSpec([], _INT),
            ],
        )

    def begin(self, weights: Sequence[NDArray[Any]], dropout: NDArray[Any], seed: int) -> None:
        """Puts a training's weights in, and its optimizer to the beginning.

        Args:
            weights: (members, …) of each weight, in the order of the network's.
            dropout: Rates, (members, dropout layers).
            seed: Of layers that are random by Keras's own generators.
        """
        self.set_weights(weights)
        for layer, rates in zip(self.stack.dropouts, np.transpose(dropout), strict=True):
            layer.rates.assign(rates if self.stack.members else rates[0])
        for moment in (*self._first, *self._second):
            moment.assign(tf.zeros_like(moment))
        own = {id(weight) for weight in self.stack.network.weights}
        states = [v for v in self.stack.network.variables if id(v) not in own]
        for place, state in enumerate(states):
            generator = np.random.default_rng([seed, place])
            state.assign(generator.integers(2**31, size=state.shape).astype("uint32"))

    def weights(self) -> list[NDArray[Any]]:
        """(members, …) of each weight."""
        return [
            np.array(weight.value).reshape(self.members, *shape)
            for weight, shape in zip(self.stack.weights, self.stack.shapes, strict=True)
        ]

    def set_weights(self, weights: Sequence[NDArray[Any]]) -> None:
        """Puts weights in."""
        for variable, value in zip(self.stack.weights, weights, strict=True):
            variable.assign(np.reshape(value, variable.shape))

    def moments(self) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
        """The optimizer's moving averages of each trained weight."""
        return [m.numpy() for m in self._first], [v.numpy() for v in self._second]

    def set_moments(self, first: Sequence[Any], second: Sequence[Any]) -> None:
        """Puts moving averages in."""
        for variable, value in zip([*self._first, *self._second], [*first, *second], strict=True):
            variable.assign(value)

    def _rows_spec(self, tensor: Any) -> tf.TensorSpec:
        shape = tensor.shape[1:] if self.stack.members is None else tensor.shape[2:]
        return tf.TensorSpec([None, *shape], tensor.dtype)

    def _gathered(self, x: list[Any], rows: Any) -> Any:
        places = rows if self.stack.members else rows[0]
        taken = [tf.gather(values, places) for values in x]
        return taken[0] if len(taken) == 1 else taken

    def _outputs(self, x: list[Any], rows: Any) -> Any:
        """Outputs on rows of each member's own, (members, n, classes)."""
        outputs = self.stack.network(self._gathered(x, rows), training=False)
        return outputs if self.stack.members else outputs[None]

    def _run(
        self,
        x: list[Any],
        y: Any,
        weights: Any,
        order: Any,
        rates: Any,
        decay: Any,
        seeds: Any,
        first: Any,
    ) -> tuple[Any, Any]:
        """Some steps; gives the sums of losses and of hits over them, (members,).

        Args:
            x: What goes into the network, [(n, …)].
            y: Targets, (n, classes).
            weights: Of the rows, (n,).
            order: The rows of each step, (steps, members, batch).
            rates: The learning rate of each step, (steps, members).
            decay: The weight decay, (members,).
            seeds: Of the noise, (members,).
            first: How many steps there were before.
        """
        loss = tf.zeros(self.members)
        hits = tf.zeros(self.members)
        for step in tf.range(tf.shape(order)[0]):
            now, right = self._step(
                x, y, weights, order[step], rates[step], decay, seeds, first + step
            )
            loss += now
            hits += right
        return loss, hits

    def _step(
        self,
        x: list[Any],
        y: Any,
        weights: Any,
        rows: Any,
        rate: Any,
        decay: Any,
        seeds: Any,
        step: Any,
    ) -> tuple[Any, Any]:
        self._seed_dropouts(seeds, step)
        inputs, target, weight = (
            self._gathered(x, rows),
            tf.gather(y, rows),
            tf.gather(weights, rows),
        )
        with tf.GradientTape() as tape:
            outputs = self.stack.network(inputs, training=True)
            if self.stack.members is None:
                losses = self.loss(target[0], outputs)[None]
                extra = sum(self.stack.network.losses)
            else:
                losses, extra = self.loss(target, outputs), 0.0
            loss = tf.reduce_mean(losses * weight, axis=1)
            total = tf.reduce_sum(loss) + extra
        variables = [weight.value for weight in self._trained]
        gradients = tape.gradient(total, variables)
        for place, gradient in enumerate(gradients):
            if gradient is not None:
                self._update(place, tf.convert_to_tensor(gradient), rate, decay, step)
        outputs = outputs if self.stack.members else outputs[None]
        right = tf.equal(tf.argmax(outputs, axis=-1), tf.argmax(target, axis=-1))
        return loss, tf.reduce_mean(tf.cast(right, _FLOAT), axis=1)

    def _seed_dropouts(self, seeds: Any, step: Any) -> None:
        layers = self.stack.dropouts
        for place, layer in enumerate(layers):
            number = tf.fill([self.members], step * len(layers) + place)
            pairs = tf.stack([seeds, number], axis=1)
            layer.seeds = pairs if self.stack.members else pairs[0]

    def _update(self, place: int, gradient: Any, rates: Any, decay: Any, step: Any) -> None:
        """One step of AdamW or Muon, in the order of Keras's: clip, decay, move."""
        recipe, weight = self.recipe, self._trained[place].value
        first, second = self._first[place], self._second[place]
        rate = self._spread(rates, gradient)
        if recipe.clipnorm:
            axes = list(range(1 if self.stack.members else 0, len(gradient.shape)))
            square = tf.reduce_sum(gradient * gradient, axis=axes, keepdims=True)
            gradient *= recipe.clipnorm / tf.maximum(tf.sqrt(square), recipe.clipnorm)
        if recipe.decayed[place]:
            weight.assign(weight * (1.0 - rate * self._spread(decay, gradient)))
        if recipe.muon and recipe.muon[place] and not self.stack.members:
            kept = first.assign(recipe.momentum * first + gradient)
            weight.assign_sub(rate * direction(gradient + recipe.momentum * kept, recipe.steps))
            return
        count = tf.cast(step + 1, _FLOAT)
        powers = recipe.beta_1**count, recipe.beta_2**count
        if self.one_rate:  # One kernel in place of eight: a third of the time.
            tf.raw_ops.ResourceApplyAdam(
                var=weight.handle, m=first.handle, v=second.handle, beta1_power=powers[0],
                beta2_power=powers[1], lr=rates[0], beta1=recipe.beta_1, beta2=recipe.beta_2,
                epsilon=recipe.epsilon, grad=gradient,
            )  # fmt: skip
            return
        scale = rate * tf.sqrt(1.0 - powers[1]) / (1.0 - powers[0])
        mean = first.assign_add((gradient - first) * (1.0 - recipe.beta_1))
        square = second.assign_add((gradient * gradient - second) * (1.0 - recipe.beta_2))
        weight.assign_sub(mean * scale / (tf.sqrt(square) + recipe.epsilon))

    def _spread(self, values: Any, gradient: Any) -> Any:
        """(members,) as (members, 1, …), or as a number for a single network."""
        if self.stack.members is None:
            return values[0]
        return tf.reshape(values, (-1, *(1,) * (len(gradient.shape) - 1)))
