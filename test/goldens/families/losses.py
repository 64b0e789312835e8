"""Cross-entropy, binary cross-entropy with logits, mean squared error."""

import itertools

import torch
import torch.nn.functional as F

from .activations import softplus
from .engine import Draw, make_case


def reduce_by(values, reduction, denominator=None):
    if reduction == "none":
        return values
    return (
        values.sum() if reduction == "sum" else values.sum() / (values.numel() if denominator is None else denominator)
    )


def cross_entropy_case(name, logits, target, *, second=False, keep32=False, **options):
    """Class axis 1. Mean divides by the sum of the class weights of the targets that count."""
    options = {"reduction": "mean", **options}
    weights, smoothing, ignore = (
        options.get("classWeights"),
        options.get("labelSmoothing", 0.0),
        options.get("ignoreIndex"),
    )
    classes = logits.shape[1]

    def builtin(logits, target):
        weight = None if weights is None else weights.to(logits.dtype)
        return F.cross_entropy(
            logits,
            target.long(),
            weight,
            ignore_index=-100 if ignore is None else ignore,
            reduction=options["reduction"],
            label_smoothing=smoothing,
        )

    def formula(logits, target):
        counts = torch.ones_like(target, dtype=torch.bool) if ignore is None else target != ignore
        index = torch.where(counts, target, torch.zeros_like(target)).long()
        weight = (torch.ones(classes) if weights is None else weights).to(logits.dtype)
        column = weight.reshape([1, -1] + [1] * (logits.dim() - 2))
        minus = -F.log_softmax(logits, 1)
        own = minus.gather(1, index.unsqueeze(1)).squeeze(1) * weight[index]
        loss = (1 - smoothing) * own + smoothing / classes * (minus * column).sum(1)
        return reduce_by(loss * counts, options["reduction"], (weight[index] * counts).sum())

    return make_case(
        name,
        "crossEntropy",
        builtin,
        {"logits": logits, "target": target},
        options,
        second=second,
        keep32=keep32,
        also=formula,
    )


def cross_entropy_family():
    cases = []

    def one(name, *shape, ignored=None, second=False, spread=4.0, **options):
        draw = Draw(f"crossEntropy/{name}")
        logits = draw.grid(*shape, low=-spread, high=spread)
        target = draw.classes(shape[1], shape[0], *shape[2:])
        if ignored is not None:
            options["ignoreIndex"] = ignored
            target.view(-1)[1::3] = ignored
        cases.append(cross_entropy_case(name, logits, target, second=second, **options))

    weights = lambda count: Draw("class weights").grid(count, low=0.25, high=2)
    one("mean", 5, 4, second=True)
    one("sum", 5, 4, reduction="sum", second=True)
    one("none", 5, 4, reduction="none", second=True)
    one("batch 1", 1, 3)
    one("two classes", 4, 2)
    one("one class: the loss is 0", 3, 1)
    one("wide spread of logits", 4, 5, spread=64.0)
    one("pixels, mean", 2, 3, 2, 3, second=True)
    one("pixels, none", 2, 3, 2, 3, reduction="none")
    one("three axes [N, C, L], sum", 2, 4, 3, reduction="sum")
    for reduction, ignored, smoothing, weighted in itertools.product(
        ("mean", "sum", "none"), (None, -100, 1), (None, 0.1), (False, True)
    ):
        if ignored is None and smoothing is None and not weighted:
            continue
        options = {"reduction": reduction}
        if smoothing:
            options["labelSmoothing"] = smoothing
        if weighted:
            options["classWeights"] = weights(4)
        parts = [
            reduction,
            f"label smoothing {smoothing}" if smoothing else "",
            "class weights" if weighted else "",
            "" if ignored is None else f"ignore {ignored}",
        ]
        one(", ".join(p for p in parts if p), 7, 4, ignored=ignored, second=reduction == "mean", **options)
    one(
        "pixels, label smoothing 0.2, class weights, ignore 255",
        2,
        3,
        3,
        2,
        ignored=255,
        labelSmoothing=0.2,
        classWeights=weights(3),
        second=True,
    )
    one(
        "pixels, none, label smoothing 0.2, class weights, ignore 255",
        2,
        3,
        3,
        2,
        ignored=255,
        labelSmoothing=0.2,
        classWeights=weights(3),
        reduction="none",
    )
    one("label smoothing 1: the target no longer matters", 4, 3, labelSmoothing=1.0)
    one("a class of weight 0", 6, 3, classWeights=torch.tensor([0.0, 1.0, 2.5], dtype=torch.float64))
    return "logits [N,C] or [N,C,...]; target int32 [N] or [N,...].", cases


def bce_case(name, logits, target, *, second=False, keep32=False, **options):
    options = {"reduction": "mean", **options}
    weight, positive = options.get("weight"), options.get("posWeight")

    def stable(logits, target):
        factor = 1 if positive is None else 1 + (positive.to(logits.dtype) - 1) * target
        loss = (1 - target) * logits + factor * softplus(-logits)
        return reduce_by(loss if weight is None else loss * weight.to(logits.dtype), options["reduction"])

    def builtin(logits, target):
        return F.binary_cross_entropy_with_logits(
            logits, target, weight, reduction=options["reduction"], pos_weight=positive
        )

    return make_case(
        name,
        "binaryCrossEntropyWithLogits",
        stable,
        {"logits": logits, "target": target},
        options,
        constant=("target",),
        second=second,
        keep32=keep32,
        also=builtin,
    )


def losses_family():
    cases = []

    def bce(name, *shape, soft=False, **options):
        draw = Draw(f"bce/{name}")
        logits = draw.grid(*shape, low=-6, high=6)
        target = draw.grid(*shape, low=0, high=1) if soft else draw.classes(2, *shape).double()
        cases.append(bce_case(name, logits, target, **options))

    positive = Draw("positive weights").grid(1, 3, low=0.25, high=4)
    each = Draw("element weights").grid(4, 3, low=0, high=2)
    for reduction in ("mean", "sum", "none"):
        bce(reduction, 4, 3, reduction=reduction, second=True)
        bce(f"{reduction}, posWeight", 4, 3, reduction=reduction, posWeight=positive, second=reduction == "mean")
        bce(f"{reduction}, weight", 4, 3, reduction=reduction, weight=each)
        bce(
            f"{reduction}, posWeight, weight, soft targets",
            4,
            3,
            reduction=reduction,
            posWeight=positive,
            weight=each,
            soft=True,
            second=reduction == "mean",
        )
    bce("soft targets", 4, 3, soft=True, second=True)
    bce("images, mean", 2, 1, 3, 4)
    for name, reduction, shape in [
        ("mean", "mean", (3, 4)),
        ("sum", "sum", (3, 4)),
        ("none", "none", (3, 4)),
        ("images, mean", "mean", (2, 2, 3, 2)),
    ]:
        draw = Draw(f"mse/{name}")
        mse = lambda x, target, reduction=reduction: F.mse_loss(x, target, reduction=reduction)
        inputs = {"x": draw.grid(*shape), "target": draw.grid(*shape)}
        cases.append(make_case(name, "meanSquaredError", mse, inputs, {"reduction": reduction}, second=True))
    for case in cases:
        case["name"] = f"{case['op']}: {case['name']}"
    return "logits or x, and target, of one shape; weight and posWeight broadcast against it at equal rank.", cases
