"""Softmax and its kin, reductions, matrix products."""

import itertools
import math

import torch
import torch.nn.functional as F

from .engine import Draw, make_case


def softmax_family():
    functions = {
        "softmax": lambda axis, keep: lambda x: F.softmax(x, axis),
        "logSoftmax": lambda axis, keep: lambda x: F.log_softmax(x, axis),
        "logSumExp": lambda axis, keep: lambda x: torch.logsumexp(x, axis, keepdim=keep),
    }
    shapes = [
        ((5,), 0),
        ((3, 4), 1),
        ((3, 4), 0),
        ((3, 4), -1),
        ((2, 3, 4), 1),
        ((2, 3, 2, 2), 1),
        ((2, 2, 2, 3), -2),
        ((3, 1), 1),
    ]
    cases = []
    for op, make in functions.items():
        for shape, axis in shapes:
            for keep in (False, True) if op == "logSumExp" else (None,):
                options = {"axis": axis} if keep is None else {"axis": axis, "keepDims": keep}
                x = Draw(f"softmax/{shape}").grid(*shape, low=-4, high=4)
                name = f"{op} of {list(shape)}, axis {axis}{', keepDims' if keep else ''}"
                cases.append(make_case(name, op, make(axis, bool(keep)), {"x": x}, options, second=keep is not True))
        x = Draw("softmax/shifted").grid(3, 4, low=-4, high=4) + torch.tensor([[100.0], [-100.0], [0.0]])
        options = {"axis": 1, "keepDims": False} if op == "logSumExp" else {"axis": 1}
        cases.append(
            make_case(f"{op}, rows shifted by ±100", op, make(1, False), {"x": x.double()}, options, second=True)
        )
    cases.append(
        make_case(
            "logSumExp over two axes",
            "logSumExp",
            lambda x: torch.logsumexp(x, (0, 2)),
            {"x": Draw("logSumExp/two").grid(2, 3, 4)},
            {"axis": [0, 2], "keepDims": False},
            second=True,
        )
    )
    return "Along one axis (logSumExp: or several); a negative axis counts from the end.", cases


def extreme(which, axes, keep):
    """Max or min over several axes at once, whose gradient goes to the first extreme in row-major order."""

    def fn(x):
        kept = [a for a in range(x.dim()) if a not in axes]
        moved = x.permute(kept + sorted(axes)).reshape([x.shape[a] for a in kept] + [-1])
        y, index = getattr(torch, which)(moved, -1)
        first = (moved == y.unsqueeze(-1)).double().argmax(-1)
        assert torch.isnan(y).any() or torch.equal(first, index), f"{which} did not choose the first {which}"
        return y.reshape([1 if a in axes else n for a, n in enumerate(x.shape)]) if keep else y

    return fn


def reduce_fn(op, axes, keep, unbiased):
    if op in ("max", "min"):
        return extreme(op, axes, keep)
    if op == "variance":
        return lambda x: torch.var(x, axes, unbiased=unbiased, keepdim=keep)
    return lambda x: getattr(torch, op)(x, axes, keepdim=keep)


def reduce_family():
    grids = [
        ((6,), None),
        ((3, 4), None),
        ((3, 4), 0),
        ((3, 4), 1),
        ((2, 3, 4), -1),
        ((2, 3, 4), [0, 2]),
        ((2, 3, 4), [1, 2]),
        ((2, 3, 2, 4), [0, 2, 3]),
        ((2, 3, 2, 2), [2, 3]),
        ((2, 1, 3), 1),
    ]
    cases = []
    for op, (shape, axis) in itertools.product(("sum", "mean", "max", "min", "variance"), grids):
        rank = len(shape)
        axes = list(range(rank)) if axis is None else [a % rank for a in (axis if isinstance(axis, list) else [axis])]
        for keep, unbiased in itertools.product((False, True), (False, True) if op == "variance" else (None,)):
            if unbiased and math.prod(shape[a] for a in axes) == 1:
                continue  # 0/0
            if keep and unbiased is False:
                continue
            options = {"keepDims": keep} if axis is None else {"axis": axis, "keepDims": keep}
            words = [f"{op} of {list(shape)}", "all axes" if axis is None else f"axis {axis}"]
            if unbiased is not None:
                options["unbiased"] = unbiased
                words.append("unbiased" if unbiased else "biased")
            name = ", ".join(words + ["keepDims"] * keep)
            draw = Draw(f"reduce/{op}/{shape}/{axis}")
            x = draw.distinct(*shape) if op in ("max", "min") else draw.grid(*shape)
            cases.append(make_case(name, op, reduce_fn(op, axes, keep, unbiased), {"x": x}, options, second=not keep))
    return "Without axis: over all. max and min have no ties here (hard-points.json has).", cases


def matmul_family():
    cases = []
    shapes = [
        ((2, 3), (3, 4)),
        ((1, 3), (3, 1)),
        ((3, 1), (1, 4)),
        ((1, 1), (1, 1)),
        ((5, 17), (17, 3)),
        ((2, 3, 4), (2, 4, 2)),
        ((1, 3, 4), (2, 4, 2)),
        ((2, 3, 4), (1, 4, 2)),
        ((2, 2, 2, 3), (2, 2, 3, 4)),
        ((2, 1, 2, 3), (1, 3, 3, 2)),
    ]
    for full, (a, b) in itertools.product((False, True), shapes):
        if full and (a, b) not in (((5, 17), (17, 3)), ((2, 3, 4), (2, 4, 2))):
            continue
        name = f"{list(a)} by {list(b)}{', full mantissas' if full else ''}"
        draw = Draw(f"matmul/{name}")
        make = draw.normal if full else draw.grid
        cases.append(make_case(name, "matmul", lambda a, b: a @ b, {"a": make(*a), "b": make(*b)}, second=True))
    return "y[..., i, j] = Σ_k a[..., i, k] b[..., k, j]; leading axes equal, or 1.", cases
