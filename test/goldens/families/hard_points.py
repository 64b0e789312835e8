"""Kinks, ties, huge logits, NaN and infinities."""

import itertools
import math

import torch
import torch.nn.functional as F

from .activations import ACTIVATIONS, softplus
from .arrays import extreme
from .engine import make_case
from .losses import bce_case, cross_entropy_case
from .pool import max_pool_case


def column(*values):
    return torch.tensor(values, dtype=torch.float64)


def elementwise_hard_points():
    logits = column(0, 1, -1, 30, -30, 100, -100, 700, -700, 1e4, -1e4)
    chosen = [row for row in ACTIVATIONS if row[1] in ("sigmoid", "logSigmoid", "softplus", "tanh", "silu")]
    for name, op, options, fn, also in chosen:
        yield make_case(
            f"{name} at 0, ±1, ±30, ±100, ±700, ±1e4",
            op,
            fn,
            {"x": logits},
            options,
            second=True,
            keep32=True,
            also=also,
        )
    for name, op, options, fn, also in ACTIVATIONS:
        if op == "gelu":
            yield make_case(
                f"{name} at 0, ±30, ±100",
                op,
                fn,
                {"x": column(0, 30, -30, 100, -100)},
                options,
                second=True,
                keep32=True,
                also=also,
            )
    kinks = column(0, -1, 1, 0, 2**-20, -(2**-20))
    yield make_case("relu at 0: the gradient is 0", "relu", F.relu, {"x": kinks}, second=True, keep32=True)
    yield make_case(
        "leakyRelu at 0: the gradient is the slope",
        "leakyRelu",
        lambda x: F.leaky_relu(x, 0.25),
        {"x": kinks},
        {"negativeSlope": 0.25},
        second=True,
        keep32=True,
    )
    # The second derivative of PyTorch 1.13's own abs is uninitialised memory, so the product is recorded.
    yield make_case(
        "abs at 0: the gradient is 0", "abs", lambda x: x * torch.sign(x), {"x": kinks}, second=True, keep32=True
    )
    assert torch.equal(torch.abs(kinks), kinks * torch.sign(kinks))
    yield make_case(
        "sqrt at 0: the gradient is infinite", "sqrt", torch.sqrt, {"x": column(0, 0.25, 1, 4)}, keep32=True
    )
    special = column(math.nan, math.inf, -math.inf, 1)
    for op, options, fn in [
        ("relu", {}, F.relu),
        ("abs", {}, torch.abs),
        ("sigmoid", {}, torch.sigmoid),
        ("tanh", {}, torch.tanh),
        ("softplus", {}, softplus),
        ("logSigmoid", {}, F.logsigmoid),
        ("sqrt", {}, torch.sqrt),
    ]:
        yield make_case(f"{op} of NaN and infinities", op, fn, {"x": special}, options, no_gradient=True, keep32=True)


def loss_hard_points():
    rows = torch.tensor(
        [[0, 0, 0], [100, -100, 0], [100, -100, 0], [1e4, -1e4, 0], [1e4, -1e4, 0], [1e4, 1e4, 1e4], [-1e4, -1e4, -1e4]]
    ).double()
    target = torch.tensor([1, 0, 1, 0, 1, 2, 0], dtype=torch.int32)
    for reduction, smoothing in itertools.product(("mean", "none"), (None, 0.1)):
        options = {"reduction": reduction} | ({"labelSmoothing": smoothing} if smoothing else {})
        words = f"{reduction}{', label smoothing 0.1' if smoothing else ''}"
        yield cross_entropy_case(
            f"cross-entropy at logits 0, ±100, ±1e4, {words}", rows, target, second=True, keep32=True, **options
        )
    logits = column(0, 0, 0, 30, -30, 100, 100, -100, -100, 1e4, 1e4, -1e4, -1e4, 1e4)
    labels = column(0, 1, 0.5, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0.5)
    for reduction in ("mean", "none"):
        yield bce_case(
            f"binary cross-entropy at logits 0, ±30, ±100, ±1e4, {reduction}",
            logits,
            labels,
            reduction=reduction,
            second=True,
            keep32=True,
        )
    yield bce_case(
        "binary cross-entropy at logits 0, ±30, ±100, ±1e4, none, posWeight",
        logits,
        labels,
        reduction="none",
        posWeight=column(3),
        second=True,
        keep32=True,
    )
    functions = [
        ("softmax", lambda x: F.softmax(x, 1)),
        ("logSoftmax", lambda x: F.log_softmax(x, 1)),
        ("logSumExp", lambda x: torch.logsumexp(x, 1)),
    ]
    for op, fn in functions:
        options = {"axis": 1, "keepDims": False} if op == "logSumExp" else {"axis": 1}
        yield make_case(f"{op} at 0, ±100, ±1e4", op, fn, {"x": rows}, options, second=True, keep32=True)
        masked = torch.tensor([[0.5, -math.inf, 1, -math.inf], [-math.inf, 2, -math.inf, -math.inf]]).double()
        yield make_case(f"{op} with -Infinity among the logits", op, fn, {"x": masked}, options, keep32=True)


def tie_hard_points():
    yield max_pool_case(
        "max-pool ties: a constant image",
        (1, 1, 4, 4),
        kernel=2,
        x=torch.ones(1, 1, 4, 4).double(),
        second=True,
        keep32=True,
    )
    zeros = (
        torch.tensor([[0, 0, 1, 1, 0], [0, 0, 1, 1, 0], [-1, -1, 0, 0, 0], [-1, -1, 0, 0, 0]])
        .double()
        .reshape(1, 1, 4, 5)
    )
    yield max_pool_case(
        "max-pool ties: overlapping windows, padding, ceil mode",
        (1, 1, 4, 5),
        kernel=3,
        stride=2,
        padding=1,
        ceilMode=True,
        x=zeros,
        second=True,
        keep32=True,
    )
    nan = torch.tensor(
        [[1, 2, 3, 4], [math.nan, 6, 7, 8], [1, math.inf, -math.inf, -math.inf], [0, 1, -math.inf, -math.inf]]
    )
    yield max_pool_case(
        "max-pool passes NaN and infinities on",
        (1, 1, 4, 4),
        kernel=2,
        x=nan.double().reshape(1, 1, 4, 4),
        no_gradient=True,
        keep32=True,
    )
    tied = torch.tensor([[2, 5, 5], [5, 2, 2], [0, 0, 0]]).double()
    for op in ("max", "min"):
        for axis in (None, 0, 1):
            axes = [0, 1] if axis is None else [axis]
            options = {"keepDims": False} | ({} if axis is None else {"axis": axis})
            words = "all axes" if axis is None else f"axis {axis}"
            yield make_case(
                f"{op} ties, {words}: the whole gradient to the first",
                op,
                extreme(op, axes, False),
                {"x": tied},
                options,
                keep32=True,
            )
        x = torch.tensor([[1, math.nan, 3], [1, math.inf, -math.inf]]).double()
        yield make_case(
            f"{op} passes NaN on",
            op,
            extreme(op, [1], False),
            {"x": x},
            {"axis": 1, "keepDims": False},
            no_gradient=True,
            keep32=True,
        )


def hard_points_family():
    cases = [*elementwise_hard_points(), *loss_hard_points(), *tie_hard_points()]
    return "Kinks, ties, huge logits, NaN and infinity: values and gradients.", cases
