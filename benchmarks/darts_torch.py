"""A DARTS supernet in PyTorch, one operation at a time as the paper's code has it.

A peer for `darts_speed.py`, which runs this file with a Python that has PyTorch. "torch" takes a
step as the paper's code does: both backward passes compute every gradient. "torch tuned" takes
α's gradients alone in α's step, the weights' alone in theirs, and lays images channels last.
"""

# ruff: noqa: D101, D102  (names are the paper's; DartsCell's docstrings say what they do)

import argparse
import json
import os
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from step_times import timed
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

SETTINGS = {"S": (8, 4, 32, (1, 28, 28)), "M": (16, 8, 64, (3, 32, 32))}
NODES = 4


def norm(channels: int, affine: bool = False) -> nn.Module:
    return nn.BatchNorm2d(channels, affine=affine)


def conv(inputs: int, outputs: int, size: int = 1, stride: int = 1, **more: int) -> nn.Module:
    return nn.Conv2d(inputs, outputs, size, stride, bias=False, **more)


def relu_conv_norm(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(nn.ReLU(), conv(inputs, outputs), norm(outputs))


def separable(channels: int, size: int, stride: int) -> nn.Module:
    layers: list[nn.Module] = []
    for step in (stride, 1):
        depthwise = conv(channels, channels, size, step, padding=size // 2, groups=channels)
        layers += [nn.ReLU(), depthwise, conv(channels, channels), norm(channels)]
    return nn.Sequential(*layers)


def dilated(channels: int, size: int, stride: int) -> nn.Module:
    depthwise = conv(
        channels, channels, size, stride, padding=size - 1, dilation=2, groups=channels
    )
    return nn.Sequential(nn.ReLU(), depthwise, conv(channels, channels), norm(channels))


class FactorizedReduce(nn.Module):
    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.even, self.odd = (conv(inputs, outputs // 2, 1, 2) for _ in range(2))
        self.norm = norm(outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(x)
        return self.norm(torch.cat([self.even(x), self.odd(x[:, :, 1:, 1:])], 1))


class Zero(nn.Module):
    def __init__(self, stride: int):
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, :: self.stride, :: self.stride].mul(0.0) if self.stride > 1 else x.mul(0.0)


class MixedOp(nn.Module):
    def __init__(self, channels: int, stride: int):
        super().__init__()
        average = nn.AvgPool2d(3, stride, 1, count_include_pad=False)
        skip = nn.Identity() if stride == 1 else FactorizedReduce(channels, channels)
        self.operations = nn.ModuleList(
            [
                Zero(stride),
                nn.Sequential(nn.MaxPool2d(3, stride, 1), norm(channels)),
                nn.Sequential(average, norm(channels)),
                skip,
                separable(channels, 3, stride),
                separable(channels, 5, stride),
                dilated(channels, 3, stride),
                dilated(channels, 5, stride),
            ]
        )

    def forward(self, x: Tensor, weights: Tensor) -> Tensor:
        terms = [w * op(x) for w, op in zip(weights, self.operations, strict=True)]
        return sum(terms[1:], terms[0])


class Cell(nn.Module):
    def __init__(self, before: int, last: int, channels: int, reduction: bool, reduced: bool):
        super().__init__()
        self.first = (FactorizedReduce if reduced else relu_conv_norm)(before, channels)
        self.second = relu_conv_norm(last, channels)
        self.edges = nn.ModuleList(
            MixedOp(channels, 2 if reduction and source < 2 else 1)
            for node in range(NODES)
            for source in range(2 + node)
        )

    def forward(self, before: Tensor, last: Tensor, weights: Tensor) -> Tensor:
        states = [self.first(before), self.second(last)]
        number = 0
        for _ in range(NODES):
            terms = []
            for state in states:
                terms.append(self.edges[number](state, weights[number]))
                number += 1
            states.append(sum(terms[1:], terms[0]))
        return torch.cat(states[2:], 1)


class Supernet(nn.Module):
    def __init__(self, channels: int, cells: int, inputs: int):
        super().__init__()
        widths = [3 * channels] * 2
        self.stem = nn.Sequential(conv(inputs, widths[0], 3, padding=1), norm(widths[0], True))
        self.reductions = [n in (cells // 3, 2 * cells // 3) for n in range(cells)]
        self.cells = nn.ModuleList()
        for reduced, reduction in pairwise([False, *self.reductions]):
            channels *= 2 if reduction else 1
            self.cells.append(Cell(widths[-2], widths[-1], channels, reduction, reduced))
            widths.append(NODES * channels)
        self.classifier = nn.Linear(widths[-1], 10)
        self.alphas = [(1e-3 * torch.randn(14, 8)).requires_grad_() for _ in range(2)]

    def forward(self, x: Tensor) -> Tensor:
        before = last = self.stem(x)
        for cell, reduction in zip(self.cells, self.reductions, strict=True):
            weights = F.softmax(self.alphas[int(reduction)], -1)
            before, last = last, cell(before, last, weights)
        return self.classifier(last.mean((2, 3)))


class Search:
    """A network with both optimisers and a batch for each."""

    def __init__(self, name: str, channels_last: bool):
        channels, cells, batch, shape = SETTINGS[name]
        torch.manual_seed(0)
        self.network = Supernet(channels, cells, shape[0])
        self.layout = torch.channels_last if channels_last else torch.contiguous_format
        self.network.to(memory_format=self.layout)
        self.weights = list(self.network.parameters())
        self.alphas = self.network.alphas
        self.sgd = torch.optim.SGD(self.weights, 0.025, momentum=0.9, weight_decay=3e-4)
        self.adam = torch.optim.Adam(self.alphas, 3e-4, betas=(0.5, 0.999), weight_decay=1e-3)
        self.train, self.valid = (
            (torch.randn(batch, *shape).to(memory_format=self.layout), torch.randint(10, (batch,)))
            for _ in range(2)
        )

    def loss(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        return F.cross_entropy(self.network(batch[0]), batch[1])

    def change_weights(self, alone: bool) -> None:
        self.sgd.zero_grad()
        self.loss(self.train).backward(inputs=self.weights if alone else None)
        nn.utils.clip_grad_norm_(self.weights, 5.0)
        self.sgd.step()

    def change_alphas(self, gradients: Sequence[Tensor]) -> None:
        for alpha, gradient in zip(self.alphas, gradients, strict=True):
            alpha.grad = gradient
        self.adam.step()

    def reference_step(self) -> None:
        self.adam.zero_grad()
        self.loss(self.valid).backward()
        self.adam.step()
        self.change_weights(alone=False)

    def tuned_step(self) -> None:
        self.change_alphas(torch.autograd.grad(self.loss(self.valid), self.alphas))
        self.change_weights(alone=True)

    def second_order_step(self) -> None:
        """Eq. 7 and 8 of the paper, at a copy of the weights."""
        kept = [w.detach().clone() for w in self.weights]
        gradients = torch.autograd.grad(self.loss(self.train), self.weights)
        buffers = [self.sgd.state[w].get("momentum_buffer", 0.0) for w in self.weights]
        steps = [
            -0.025 * (0.9 * buffer + gradient + 3e-4 * w)
            for buffer, gradient, w in zip(buffers, gradients, kept, strict=True)
        ]
        self.move(kept, steps, 1.0)
        found = torch.autograd.grad(self.loss(self.valid), [*self.weights, *self.alphas])
        v, by_alpha = found[: len(kept)], found[len(kept) :]
        radius = 0.01 / float(torch.cat([part.reshape(-1) for part in v]).norm())
        sides = []
        for sign in (1.0, -1.0):
            self.move(kept, v, sign * radius)
            sides.append(torch.autograd.grad(self.loss(self.train), self.alphas))
        self.move(kept, v, 0.0)
        self.change_alphas(
            [
                gradient - 0.025 * (above - below) / (2 * radius)
                for gradient, above, below in zip(by_alpha, *sides, strict=True)
            ]
        )
        self.change_weights(alone=False)

    @torch.no_grad()
    def move(self, start: Sequence[Tensor], direction: Sequence[Tensor], by: float) -> None:
        for w, kept, along in zip(self.weights, start, direction, strict=True):
            w.copy_(kept + by * along)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", nargs=3, required=True)
    name, design, steps = parser.parse_args().measure
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    search = Search(name, channels_last=design == "torch tuned")
    designs: dict[str, Callable[[], None]] = {
        "torch": search.reference_step,
        "torch tuned": search.tuned_step,
        "torch, second order": search.second_order_step,
    }
    print(json.dumps(timed(designs[design], int(steps))))


if __name__ == "__main__":
    main()
