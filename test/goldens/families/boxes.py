"""Boxes: torchvision.ops, with its losses of overlap and its non-maximum suppression."""

import torch
import torchvision.ops as ops

from .engine import Draw, make_case


def boxes_of(draw, count, size=16.0):
    """Corners on a grid of 1/8, with sides of at least 1/2."""
    corner = draw.grid(count, 2, step=1 / 8, low=0, high=size)
    extent = draw.grid(count, 2, step=1 / 8, low=0.5, high=size / 2)
    return torch.cat([corner, corner + extent], 1)


def iou_loss(prediction, target, reduction):
    loss = 1 - torch.diagonal(ops.box_iou(prediction, target))
    return loss if reduction == "none" else loss.mean() if reduction == "mean" else loss.sum()


def boxes_family():
    cases = []
    draw = Draw("boxes/iou")
    a, b = boxes_of(draw, 5), boxes_of(draw, 4)
    cases.append(make_case("every pair", "boxIou", lambda a, b: ops.box_iou(a, b), {"a": a, "b": b}))
    losses = {
        "iou": iou_loss,
        "giou": lambda p, t, r: ops.generalized_box_iou_loss(p, t, reduction=r),
        "diou": lambda p, t, r: ops.distance_box_iou_loss(p, t, reduction=r),
    }
    for kind, loss in losses.items():
        for reduction in ("mean", "none"):
            draw = Draw(f"boxes/{kind} {reduction}")
            # The offset keeps sides of the two from ever being equal, where the gradient has a kink.
            inputs = {"prediction": boxes_of(draw, 6), "target": boxes_of(draw, 6) + 1 / 16}
            fn = lambda prediction, target, f=loss, r=reduction: f(prediction, target, r)
            options = {"kind": kind, "eps": 0 if kind == "iou" else 1e-7, "reduction": reduction}
            cases.append(make_case(f"{kind}, {reduction}", "iouLoss", fn, inputs, options))
    for threshold in (0.3, 0.5, 0.7):
        draw = Draw(f"boxes/nms {threshold}")
        count = 60
        boxes, scores = boxes_of(draw, count), draw.distinct(count) / count
        classes = draw.classes(3, count)
        inputs = {"boxes": boxes, "scores": scores, "classes": classes}
        fn = lambda boxes, scores, classes, t=threshold: {
            "kept": ops.nms(boxes, scores, t).int(),
            "keptByClass": ops.batched_nms(boxes, scores, classes.long(), t).int(),
        }
        cases.append(make_case(f"nms above {threshold}", "nms", fn, inputs, {"iouThreshold": threshold}, no_gradient=True))
    return "Boxes [N, 4]: x1, y1, x2, y2.", cases
