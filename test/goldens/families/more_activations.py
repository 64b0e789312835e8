"""Activations of straight pieces, exponential ones and their kin, at their kinks too."""

import torch
import torch.nn.functional as F

from .activations import softplus
from .engine import AGREEMENT, Draw, make_case


def mish(x):
    return x * torch.tanh(softplus(x))


ROWS = [  # op, options, formula, PyTorch's own where the formula is another, kinks
    ("relu6", {}, F.relu6, None, (0, 6)),
    ("hardTanh", {"min": -2.0, "max": 0.5}, lambda x: F.hardtanh(x, -2.0, 0.5), None, (-2, 0.5)),
    ("hardTanh", {}, F.hardtanh, None, (-1, 1)),
    ("hardSigmoid", {}, lambda x: F.relu6(x + 3) / 6, F.hardsigmoid, (-3, 3)),
    ("hardSwish", {}, F.hardswish, None, (-3, 3)),
    ("elu", {"alpha": 0.5}, lambda x: F.elu(x, 0.5), None, (0,)),
    ("elu", {}, F.elu, None, (0,)),
    ("selu", {}, F.selu, None, (0,)),
    ("mish", {}, mish, F.mish, (0,)),
    ("softsign", {}, F.softsign, None, ()),
]


def more_activations_family():
    values = [-20.0, -6.5, -3.25, -2.5, -1.5, -0.75, -0.0625, 0.0625, 0.25, 0.75, 1.5, 2.5, 3.25, 5.5, 6.5, 20.0]
    near = torch.tensor(values, dtype=torch.float64)
    cases = []
    for op, options, fn, also, kinks in ROWS:
        name = f"{op}{' ' + str(options) if options else ''}"
        # PyTorch 1.13 has no second derivative of these two, and multiplies the gradient of hardsigmoid by a float32 1/6.
        second = op not in ("hardSwish", "hardSigmoid")
        agreement = 1e-7 if op == "hardSigmoid" else AGREEMENT
        more = {"second": second, "keep32": True, "also": also, "agreement": agreement}
        cases.append(make_case(name, op, fn, {"x": near}, options, **more))
        if kinks:
            x = torch.tensor(kinks, dtype=torch.float64)
            cases.append(make_case(f"{name}, at its kinks", op, fn, {"x": x}, options))
    for name, count in (("one slope", 1), ("a slope a channel", 3)):
        draw = Draw(f"prelu/{name}")
        inputs = {"x": draw.grid(2, 3, 2, 2) + 1 / 128, "weight": draw.grid(count)}
        cases.append(make_case(f"prelu, {name}", "prelu", F.prelu, inputs, second=False))
    return "Elementwise; prelu's weight is [1] or [C].", cases
