"""Resizing, adaptive pooling, padding, transposed and one-dimensional convolution, pixel shuffle."""

import torch
import torch.nn.functional as F

from .conv2d import pair
from .engine import Draw, make_case


def transposed(name, x_shape, w_shape, *, bias=False, second=False, **options):
    """x is [N, I, H, W], weight is [I, O / groups, KH, KW], bias is [O]."""
    draw = Draw(f"convTranspose2d/{name}")
    groups = options.get("groups", 1)
    inputs = {"x": draw.grid(*x_shape), "weight": draw.grid(*w_shape)}
    if bias:
        inputs["bias"] = draw.grid(w_shape[1] * groups)

    def fn(x, weight, bias=None):
        return F.conv_transpose2d(
            x,
            weight,
            bias,
            pair(options.get("stride", 1)),
            pair(options.get("padding", 0)),
            pair(options.get("outputPadding", 0)),
            groups,
            pair(options.get("dilation", 1)),
        )

    return make_case(f"convTranspose2d: {name}", "convTranspose2d", fn, inputs, options, second=second)


def conv1d(name, x_shape, w_shape, *, bias=False, second=False, **options):
    draw = Draw(f"conv1d/{name}")
    inputs = {"x": draw.grid(*x_shape), "weight": draw.grid(*w_shape)}
    if bias:
        inputs["bias"] = draw.grid(w_shape[0])

    def fn(x, weight, bias=None):
        stride, padding = options.get("stride", 1), options.get("padding", 0)
        return F.conv1d(x, weight, bias, stride, padding, options.get("dilation", 1), options.get("groups", 1))

    return make_case(f"conv1d: {name}", "conv1d", fn, inputs, options, second=second)


def resize(name, x_shape, *, second=False, **options):
    mode, corners = options["mode"], options.get("alignCorners")
    size, scale = options.get("size"), options.get("scale")
    if mode == "bilinear":
        corners = bool(corners)

    def fn(x):
        return F.interpolate(x, size and pair(size), scale and pair(scale), mode=mode, align_corners=corners)

    x = Draw(f"resize2d/{name}").grid(*x_shape)
    return make_case(f"resize2d: {name}", "resize2d", fn, {"x": x}, options, second=second)


def adaptive(op, x_shape, size, *, second=False):
    fn = {"adaptiveAvgPool2d": F.adaptive_avg_pool2d, "adaptiveMaxPool2d": F.adaptive_max_pool2d}[op]
    draw = Draw(f"{op}/{x_shape}/{size}")
    x = (draw.distinct if op == "adaptiveMaxPool2d" else draw.grid)(*x_shape)
    h, w = x_shape[2:]
    name = f"{op}: {h}×{w} to {size}"
    return make_case(name, op, lambda x: fn(x, size), {"x": x}, {"size": size}, second=second)


def padded(mode, x_shape, padding, *, second=False):
    (top, bottom), (left, right) = padding
    x = Draw(f"pad2d/{mode}/{x_shape}/{padding}").grid(*x_shape)
    fn = lambda x: F.pad(x, (left, right, top, bottom), mode=mode)
    name = f"pad2d: {mode} {[list(p) for p in padding]} of {x_shape[2]}×{x_shape[3]}"
    return make_case(name, "pad2d", fn, {"x": x}, {"mode": mode, "padding": [list(p) for p in padding]}, second=second)


def resize_cases():
    yield resize("nearest, scale 2", (2, 3, 3, 4), mode="nearest", scale=2, second=True)
    yield resize("nearest, scale [3, 1]", (1, 2, 3, 4), mode="nearest", scale=[3, 1])
    yield resize("nearest, scale 0.5 of odd sizes", (1, 2, 5, 7), mode="nearest", scale=0.5)
    yield resize("nearest, scale 1.7", (1, 2, 5, 7), mode="nearest", scale=1.7)
    yield resize("nearest, scale 0.3", (1, 1, 11, 10), mode="nearest", scale=0.3)
    yield resize("nearest, size [5, 9]", (1, 2, 7, 4), mode="nearest", size=[5, 9], second=True)
    yield resize("nearest, size 1", (1, 2, 3, 4), mode="nearest", size=1)
    for corners in (False, True):
        aligned = ", corners aligned" if corners else ""
        more = {"mode": "bilinear", "alignCorners": corners}
        yield resize(f"bilinear, two images{aligned}", (2, 3, 2, 3), scale=2, second=True, **more)
        for scale in (2, 3, 4, 8, [2, 5], [1, 2]):
            yield resize(f"bilinear, scale {scale}{aligned}", (1, 1, 2, 3), scale=scale, **more)
        for scale in (1.7, 0.5, 0.25, 0.3, [1.5, 0.75]):
            yield resize(f"bilinear, scale {scale}{aligned}", (1, 1, 6, 5), scale=scale, **more)
        for size in ([4, 4], [1, 1], [1, 9], [12, 3], [6, 5], [12, 7], [3, 15]):
            yield resize(f"bilinear, size {size}{aligned}", (1, 1, 6, 5), size=size, **more)
        yield resize(f"bilinear, size [4, 7]{aligned}", (1, 2, 3, 4), size=[4, 7], second=True, **more)
        yield resize(f"bilinear, one pixel to 3×4{aligned}", (1, 2, 1, 1), size=[3, 4], **more)
        yield resize(f"bilinear, a long axis{aligned}", (1, 1, 2, 70), size=[3, 17], **more)
        yield resize(f"bilinear, factor 30{aligned}", (1, 1, 2, 3), scale=[1, 30], **more)


def images_family():
    cases = [
        transposed("2x2, stride 2", (2, 3, 3, 4), (3, 2, 2, 2), stride=2, bias=True, second=True),
        transposed("3x3", (1, 2, 4, 4), (2, 3, 3, 3), second=True),
        transposed("stride 2, padding 1, output padding 1", (1, 2, 4, 3), (2, 3, 3, 3), stride=2, padding=1, outputPadding=1),
        transposed("4x4, stride 2, padding 1", (1, 2, 3, 3), (2, 2, 4, 4), stride=2, padding=1, bias=True),
        transposed("per axis", (1, 2, 3, 4), (2, 1, 2, 3), stride=[3, 1], padding=[0, 1], outputPadding=[2, 0]),
        transposed("dilation 2, groups 2", (1, 4, 3, 3), (4, 3, 2, 3), stride=2, dilation=2, groups=2, second=True),
        transposed("depthwise, stride 3", (1, 3, 2, 3), (3, 1, 3, 3), stride=3, groups=3),
        conv1d("kernel 3", (2, 3, 7), (4, 3, 3), bias=True, second=True),
        conv1d("stride 2, padding 2, dilation 2", (1, 2, 9), (3, 2, 3), stride=2, padding=2, dilation=2),
        conv1d("groups 2", (1, 4, 6), (2, 2, 4), groups=2, bias=True),
        conv1d("same", (1, 2, 6), (3, 2, 4), padding="same"),
        *resize_cases(),
    ]
    sizes = [((6, 8), 1), ((6, 8), [3, 4]), ((6, 8), [4, 5]), ((5, 7), [3, 4]), ((10, 10), [3, 3]), ((2, 3), [4, 5])]
    sizes += [((7, 7), [7, 7]), ((9, 4), [2, 4]), ((1, 1), [7, 7]), ((9, 8), [7, 5])]
    for op in ("adaptiveAvgPool2d", "adaptiveMaxPool2d"):
        cases += [adaptive(op, (1, 2, *n), m, second=i in (2, 4)) for i, (n, m) in enumerate(sizes)]
    for mode in ("reflect", "replicate", "circular"):
        cases.append(padded(mode, (1, 2, 4, 3), ((1, 2), (2, 0)), second=True))
        cases.append(padded(mode, (2, 1, 3, 5), ((0, 1), (1, 1))))
    shuffle = lambda x: F.pixel_shuffle(x, 2)
    x = Draw("pixelShuffle").grid(2, 8, 2, 3)
    cases.append(make_case("pixelShuffle: factor 2", "pixelShuffle", shuffle, {"x": x}, {"factor": 2}, second=True))
    unshuffle = lambda x: F.pixel_unshuffle(x, 3)
    x = Draw("pixelUnshuffle").grid(1, 2, 6, 3)
    cases.append(make_case("pixelUnshuffle: factor 3", "pixelUnshuffle", unshuffle, {"x": x}, {"factor": 3}, second=True))
    return "Names begin with the op; an absent size or scale is the other one's.", cases
