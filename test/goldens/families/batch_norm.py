"""Batch norm in training and evaluation, by PyTorch's function and by its formula."""

import torch
import torch.nn.functional as F

from .engine import AGREEMENT, Draw, make_case


def batch_norm_case(
    name,
    x,
    *,
    training=True,
    affine=True,
    momentum=0.1,
    eps=1e-5,
    running=None,
    statistics=False,
    agreement=AGREEMENT,
    second=False,
):
    draw = Draw(f"batchNorm/{name}")
    channels = x.shape[1]
    axes = [a for a in range(x.dim()) if a != 1]
    column = [1, -1] + [1] * (x.dim() - 2)
    inputs = {"x": x}
    if affine:
        inputs |= {"weight": draw.grid(channels, low=0.25, high=2), "bias": draw.grid(channels)}
    inputs |= running or {
        "runningMean": draw.grid(channels),
        "runningVar": draw.grid(channels, low=0.25, high=2),
        "numBatchesTracked": torch.tensor(4, dtype=torch.int32),
    }

    def update(mean, var, count):  # a momentum of None means the plain average of all batches
        factor = 1 / (count.item() + 1) if momentum is None else momentum
        return mean.detach().clone(), var.detach().clone(), factor

    def batch_norm(x, runningMean, runningVar, numBatchesTracked, weight=None, bias=None):
        mean, var, factor = update(runningMean, runningVar, numBatchesTracked)
        y = F.batch_norm(x, mean, var, weight, bias, training, factor, eps)
        return (
            {"y": y, "runningMean": mean, "runningVar": var, "numBatchesTracked": numBatchesTracked + 1}
            if training
            else {"y": y}
        )

    def formula(x, runningMean, runningVar, numBatchesTracked, weight=None, bias=None):
        if training:
            mean = x.mean(axes)
            var = ((x - mean.reshape(column)) ** 2).mean(axes)
        else:
            mean, var = runningMean, runningVar
        inverse_std = 1 / torch.sqrt(var + eps)
        y = (x - mean.reshape(column)) * inverse_std.reshape(column)
        if weight is not None:
            y = y * weight.reshape(column) + bias.reshape(column)
        if not training:
            return {"y": y}
        if statistics:
            return {"y": y, "mean": mean, "inverseStd": inverse_std}
        old_mean, old_var, factor = update(runningMean, runningVar, numBatchesTracked)
        count = x.numel() / channels
        return {
            "y": y,
            "runningMean": (old_mean + factor * (mean - old_mean)).detach(),
            "runningVar": (old_var + factor * (var * count / (count - 1) - old_var)).detach(),
            "numBatchesTracked": numBatchesTracked + 1,
        }

    options = {"training": training, "momentum": momentum, "eps": eps}
    return make_case(
        name,
        "batchNorm",
        formula if statistics else batch_norm,
        inputs,
        options,
        second=second,
        agreement=agreement,
        constant=("runningMean", "runningVar"),
        also=None if statistics else formula,
    )


def batch_norm_family():
    x = lambda name, *shape: Draw(f"batchNorm/x/{name}").grid(*shape)
    first = batch_norm_case("training", x("first", 4, 3, 3, 2), second=True)
    cases = [
        first,
        batch_norm_case(
            "training, the next batch: running statistics continue",
            x("next", 4, 3, 3, 2),
            running={k: first["outputs"][k] for k in ("runningMean", "runningVar", "numBatchesTracked")},
        ),
        batch_norm_case(
            "training, momentum 0.3, eps 0.001", x("momentum", 3, 2, 4, 4), momentum=0.3, eps=1e-3, second=True
        ),
        batch_norm_case(
            "training, momentum null: the average of all batches", x("cumulative", 3, 2, 2, 3), momentum=None
        ),
        batch_norm_case("training, without weight and bias", x("plain", 3, 2, 3, 3), affine=False, second=True),
        batch_norm_case("training, batch 1", x("batch 1", 1, 3, 4, 3)),
        batch_norm_case("training, two axes [N, C]", x("two axes", 6, 4), second=True),
        batch_norm_case("training, three axes [N, C, L]", x("three axes", 3, 2, 5)),
        batch_norm_case("training, one pixel", x("one pixel", 4, 3, 1, 1)),
        batch_norm_case("training, large mean", 128 + x("large mean", 4, 2, 3, 3), agreement=1e-10),
        batch_norm_case(
            "training, one channel constant: its variance is 0",
            torch.cat([x("constant", 3, 1, 2, 2), torch.full((3, 1, 2, 2), 1.5).double()], 1),
        ),
        batch_norm_case(
            "training, mean and inverse standard deviation are outputs too",
            x("statistics", 3, 2, 3, 2),
            statistics=True,
            second=True,
        ),
        batch_norm_case("evaluation", x("evaluation", 2, 3, 3, 2), training=False, second=True),
        batch_norm_case(
            "evaluation, without weight and bias", x("plain evaluation", 2, 3, 2, 2), training=False, affine=False
        ),
        batch_norm_case("evaluation, eps 0.1", x("eps", 2, 2, 2, 2), training=False, eps=0.1),
        batch_norm_case("evaluation, two axes [N, C]", x("two axes evaluation", 5, 3), training=False),
    ]
    return (
        "Statistics over all axes but 1. runningVar takes the unbiased variance, y the biased one. "
        "running = (1 - momentum) running + momentum batch. weight and bias may be absent."
    ), cases
