"""Losses of differences, distributions, masks and embeddings: torch.nn.functional's, torchvision's focal loss."""

import torch
import torch.nn.functional as F
from torchvision.ops import sigmoid_focal_loss

from .engine import Draw, make_case

REDUCTIONS = ("mean", "sum", "none")


def difference_cases():
    """Differences are odd multiples of 1/16, away from 0 and from the thresholds."""
    losses = {
        "l1Loss": (lambda x, t, r: F.l1_loss(x, t, reduction=r), {}),
        "smoothL1": (lambda x, t, r: F.smooth_l1_loss(x, t, reduction=r, beta=0.75), {"beta": 0.75}),
        "huber": (lambda x, t, r: F.huber_loss(x, t, reduction=r, delta=0.75), {"delta": 0.75}),
    }
    for op, (loss, options) in losses.items():
        for reduction in REDUCTIONS:
            draw = Draw(f"{op}/{reduction}")
            inputs = {"x": draw.grid(3, 4, step=1 / 8), "target": draw.grid(3, 4, step=1 / 8) + 1 / 16}
            fn = lambda x, target, loss=loss, r=reduction: loss(x, target, r)
            yield make_case(reduction, op, fn, inputs, {**options, "reduction": reduction}, second=True)


def focal_cases():
    for name, alpha, gamma, reduction in [
        ("defaults", 0.25, 2.0, "mean"),
        ("no alpha, gamma 1", None, 1.0, "sum"),
        ("gamma 0.5", 0.75, 0.5, "none"),
        ("gamma 5", 0.5, 5.0, "mean"),
        ("gamma 0", 0.25, 0.0, "mean"),
    ]:
        draw = Draw(f"focal/{name}")
        inputs = {"logits": draw.grid(4, 3, low=-6, high=6), "target": draw.classes(2, 4, 3).double()}
        fn = lambda logits, target, a=alpha, g=gamma, r=reduction: sigmoid_focal_loss(
            logits, target, alpha=-1 if a is None else a, gamma=g, reduction=r
        )
        options = {"alpha": -1 if alpha is None else alpha, "gamma": gamma, "reduction": reduction}
        yield make_case(name, "focalLoss", fn, inputs, options, constant=("target",), second=gamma in (1.0, 2.0))


def distribution_cases():
    for reduction in ("batchMean", "mean", "sum", "none"):
        for log_target in (False, True):
            name = f"{reduction}{', target in logarithms' if log_target else ''}"
            draw = Draw(f"kl/{name}")
            x = F.log_softmax(draw.grid(3, 4), 1)
            target = F.log_softmax(draw.grid(3, 4), 1)
            fn = lambda x, target, r=reduction, log=log_target: F.kl_div(
                x, target, reduction="batchmean" if r == "batchMean" else r, log_target=log
            )
            inputs = {"x": x, "target": target if log_target else target.exp()}
            options = {"reduction": reduction, "logTarget": log_target}
            yield make_case(name, "klDivergence", fn, inputs, options, second=True)
    for name, shape, reduction, weighted, ignored in [
        ("mean", (5, 4), "mean", False, None),
        ("weights, ignore 1", (7, 4), "mean", True, 1),
        ("pixels, none", (2, 3, 2, 2), "none", True, None),
    ]:
        draw = Draw(f"nll/{name}")
        logits, target = draw.grid(*shape), draw.classes(shape[1], shape[0], *shape[2:])
        weights = draw.grid(shape[1], low=0.25, high=2) if weighted else None
        fn = lambda x, target, w=weights, i=ignored, r=reduction: F.nll_loss(
            x, target.long(), None if w is None else w.to(x.dtype), ignore_index=-100 if i is None else i, reduction=r
        )
        options = {"reduction": reduction}
        if weighted:
            options["classWeights"] = weights
        if ignored is not None:
            options["ignoreIndex"] = ignored
        yield make_case(name, "nllLoss", fn, {"x": F.log_softmax(logits, 1), "target": target}, options)


def mask_cases():
    """PyTorch has no Dice loss: the formula of the definition."""
    for name, batch, smooth, reduction in [
        ("mean", False, 1.0, "mean"),
        ("none, smooth 0", False, 0.0, "none"),
        ("over the batch", True, 0.5, "sum"),
    ]:
        draw = Draw(f"dice/{name}")
        x = torch.sigmoid(draw.grid(2, 3, 4, 2)).float().double()
        target = draw.classes(2, 2, 3, 4, 2).double()
        target[:, :, 0, 0] = 1

        def fn(x, target, batch=batch, smooth=smooth, reduction=reduction):
            axes = (0, 2, 3) if batch else (2, 3)
            loss = 1 - (2 * (x * target).sum(axes) + smooth) / ((x + target).sum(axes) + smooth)
            return loss if reduction == "none" else loss.mean() if reduction == "mean" else loss.sum()

        options = {"batch": batch, "smooth": smooth, "reduction": reduction}
        yield make_case(name, "diceLoss", fn, {"x": x, "target": target}, options, second=True)


def embedding_cases():
    for name, margin, swap, reduction in [
        ("mean", 1.0, False, "mean"),
        ("margin 0.25, none", 0.25, False, "none"),
        ("swap, sum", 4.0, True, "sum"),
    ]:
        draw = Draw(f"triplet/{name}")
        inputs = {key: draw.grid(5, 4) for key in ("anchor", "positive", "negative")}
        fn = lambda anchor, positive, negative, m=margin, s=swap, r=reduction: F.triplet_margin_loss(
            anchor, positive, negative, margin=m, swap=s, reduction=r
        )
        options = {"margin": margin, "swap": swap, "reduction": reduction}
        yield make_case(name, "tripletLoss", fn, inputs, options, second=True)
    for name, shape, axis in [("rows", (4, 5), 1), ("channels", (2, 3, 2, 2), 1), ("last axis", (2, 3, 4), -1)]:
        draw = Draw(f"cosine/{name}")
        inputs = {"a": draw.grid(*shape), "b": draw.grid(*shape)}
        cosine = lambda a, b, axis=axis: F.cosine_similarity(a, b, dim=axis)
        yield make_case(name, "cosineSimilarity", cosine, inputs, {"axis": axis}, second=True)
        yield make_case(
            name, "l2Normalize", lambda x, axis=axis: F.normalize(x, dim=axis), {"x": inputs["a"]}, {"axis": axis}, second=True
        )
    draw = Draw("distance")
    inputs = {"a": draw.grid(4, 5), "b": draw.grid(4, 5)}
    yield make_case("rows", "pairwiseDistance", lambda a, b: F.pairwise_distance(a, b), inputs, {"eps": 1e-6}, second=True)
    for margin, scale in [(0.5, 64.0), (0.3, 16.0)]:
        name = f"margin {margin}, scale {scale}"
        draw = Draw(f"arcface/{name}")
        cosines = draw.grid(5, 4, step=1 / 64, low=-0.75, high=0.96875)
        target = draw.classes(4, 5)

        def angles(x, target, m=margin, s=scale):
            own = F.one_hot(target.long(), x.shape[1]).to(x.dtype)
            return s * torch.cos(torch.acos(x) + m * own)

        yield make_case(name, "arcFace", angles, {"x": cosines, "target": target}, {"margin": margin, "scale": scale}, second=True)


def more_losses_family():
    groups = (difference_cases(), focal_cases(), distribution_cases(), mask_cases(), embedding_cases())
    cases = [case for group in groups for case in group]
    for case in cases:
        case["name"] = f"{case['op']}: {case['name']}"
    return "Inputs by position: logits or x, and target; vectors a and b; anchor, positive, negative.", cases
