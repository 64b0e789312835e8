"""Activations. Where PyTorch's formula cancels or has a threshold, an accurate one is recorded and PyTorch's asserted."""

import math

import torch
import torch.nn.functional as F

from .engine import Draw, make_case


def softplus(x):
    """log(1 + e^x). PyTorch returns x beyond 20 by default, which is wrong by 1e-10 in float64; e^700 is still finite."""
    return F.softplus(x, threshold=700 if x.dtype == torch.float64 else 80)


def gelu_erf(x):
    """x Φ(x), with erfc so that the left tail keeps its relative accuracy."""
    return 0.5 * x * torch.special.erfc(-x / math.sqrt(2))


def gelu_tanh(x):
    """½ x (1 + tanh u) = x σ(2u), u = √(2/π) (x + 0.044715 x³); the right side does not cancel."""
    return x * torch.sigmoid(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))


def log_sigmoid(x):
    return -softplus(-x)


def tanh(x):
    return torch.tanh(x)


ACTIVATIONS = [  # name, op, options, recorded formula, PyTorch's own
    ("relu", "relu", {}, F.relu, None),
    ("leakyRelu", "leakyRelu", {"negativeSlope": 0.01}, lambda x: F.leaky_relu(x, 0.01), None),
    ("leakyRelu, slope 0.25", "leakyRelu", {"negativeSlope": 0.25}, lambda x: F.leaky_relu(x, 0.25), None),
    ("sigmoid", "sigmoid", {}, torch.sigmoid, None),
    ("logSigmoid", "logSigmoid", {}, log_sigmoid, F.logsigmoid),
    ("tanh", "tanh", {}, tanh, None),
    ("softplus", "softplus", {}, softplus, lambda x: -F.logsigmoid(-x)),
    ("gelu", "gelu", {"approximate": "none"}, gelu_erf, F.gelu),
    ("gelu, tanh form", "gelu", {"approximate": "tanh"}, gelu_tanh, lambda x: F.gelu(x, approximate="tanh")),
    ("silu", "silu", {}, lambda x: x * torch.sigmoid(x), F.silu),
]


def activations_family():
    near = torch.tensor(
        [
            -6,
            -4.5,
            -3,
            -2,
            -1.5,
            -1,
            -0.75,
            -0.5,
            -0.25,
            -0.0625,
            -(2**-20),
            2**-20,
            0.0625,
            0.25,
            0.5,
            0.75,
            1,
            1.5,
            2,
            3,
            4.5,
            6,
        ],
        dtype=torch.float64,
    )
    far = torch.tensor([-40, -25, -20.5, -15, -9, -1, 1, 9, 15, 20.5, 25, 40], dtype=torch.float64)
    cases = []
    for name, op, options, fn, also in ACTIVATIONS:
        cases.append(make_case(name, op, fn, {"x": near}, options, second=True, keep32=True, also=also))
        cases.append(make_case(f"{name}, far from 0", op, fn, {"x": far}, options, second=True, keep32=True, also=also))
        images = Draw(f"activation/{name}").grid(2, 2, 2, 3) + 1 / 128
        cases.append(make_case(f"{name}, images", op, fn, {"x": images}, options, also=also))
    return "Elementwise, away from kinks (hard-points.json has those).", cases
