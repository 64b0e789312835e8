"""conv2d, and the window options it shares with pooling. Asymmetric padding goes through F.pad."""

import itertools
import math

import torch.nn.functional as F

from .engine import Draw, make_case


def pair(value):
    return tuple(value) if isinstance(value, (list, tuple)) else (value, value)


def resolve_padding(padding, size, kernel, stride, dilation):
    """((top, bottom), (left, right)). "same" keeps ceil(size / stride) outputs, the odd cell at the end."""
    if padding == "valid":
        return ((0, 0), (0, 0))
    if padding == "same":
        sides = []
        for n, k, s, d in zip(size, kernel, stride, dilation):
            total = max(0, (math.ceil(n / s) - 1) * s + d * (k - 1) + 1 - n)
            sides.append((total // 2, total - total // 2))
        return tuple(sides)
    if isinstance(padding, (list, tuple)):
        return tuple(tuple(side) for side in padding)
    return ((padding, padding), (padding, padding))


def pad_image(x, padding, value=0.0):
    (top, bottom), (left, right) = padding
    return F.pad(x, (left, right, top, bottom), value=value)


def conv2d_case(name, x_shape, w_shape, *, bias=True, second=False, full=False, **options):
    """x is [N, C, H, W], weight is [O, C / groups, kernel height, kernel width], bias is [O]."""
    draw = Draw(f"conv2d/{name}")
    make = draw.normal if full else draw.grid
    inputs = {"x": make(*x_shape), "weight": make(*w_shape)}
    if bias:
        inputs["bias"] = make(w_shape[0])
    stride, dilation = pair(options.get("stride", 1)), pair(options.get("dilation", 1))
    groups, padding = options.get("groups", 1), options.get("padding", 0)
    sides = resolve_padding(padding, x_shape[2:], w_shape[2:], stride, dilation)

    def conv(x, weight, bias=None):
        return F.conv2d(pad_image(x, sides), weight, bias, stride, 0, dilation, groups)

    also = None
    if padding == "same" and stride == (1, 1):
        also = lambda x, weight, bias=None: F.conv2d(x, weight, bias, 1, "same", dilation, groups)
    resolved = {"padding": [list(s) for s in sides]} if isinstance(padding, str) else None
    return make_case(name, "conv2d", conv, inputs, options, resolved=resolved, second=second, also=also)


def conv2d_family():
    one = conv2d_case
    cases = [
        one("3x3", (2, 3, 5, 5), (4, 3, 3, 3), second=True),
        one("3x3 without bias", (2, 3, 5, 5), (4, 3, 3, 3), bias=False, second=True),
        one("vertical edge filter's shape: one channel, batch 1", (1, 1, 6, 6), (1, 1, 3, 3), bias=False),
        one("batch 1", (1, 2, 4, 5), (3, 2, 3, 3)),
        one("stride 2", (2, 2, 7, 7), (3, 2, 3, 3), stride=2, second=True),
        one("stride per axis [2, 1]", (1, 2, 6, 5), (2, 2, 3, 3), stride=[2, 1], second=True),
        one("stride per axis [1, 3]", (1, 2, 4, 9), (2, 2, 2, 3), stride=[1, 3]),
        one("stride 3 leaves the last two rows and columns unread", (1, 2, 8, 8), (2, 2, 3, 3), stride=3),
        one("stride larger than the kernel", (1, 2, 8, 8), (2, 2, 2, 2), stride=3),
        one("padding 1", (2, 2, 4, 4), (3, 2, 3, 3), padding=1, second=True),
        one("padding larger than the kernel", (1, 1, 3, 3), (2, 1, 2, 2), padding=3),
        one("asymmetric padding", (1, 2, 4, 4), (2, 2, 3, 3), padding=[[1, 0], [0, 2]], second=True),
        one("asymmetric padding, stride [2, 1]", (2, 2, 5, 4), (2, 2, 3, 3), stride=[2, 1], padding=[[0, 2], [2, 1]]),
        one("padding on one side only", (1, 1, 3, 4), (2, 1, 3, 3), padding=[[2, 0], [0, 0]]),
        one("valid", (1, 2, 5, 5), (2, 2, 3, 3), padding="valid"),
        one("same, 3x3", (1, 2, 4, 5), (3, 2, 3, 3), padding="same", second=True),
        one("same, even kernel 2x4", (1, 2, 5, 5), (2, 2, 2, 4), padding="same"),
        one("same, dilation [2, 3]", (1, 1, 6, 7), (2, 1, 3, 2), padding="same", dilation=[2, 3]),
        one("same, stride 2, even input", (1, 2, 6, 6), (2, 2, 3, 3), padding="same", stride=2),
        one("same, stride 2, odd input, 5x5", (1, 2, 7, 7), (2, 2, 5, 5), padding="same", stride=2),
        one(
            "same, stride [3, 2], dilation [1, 2]",
            (1, 1, 7, 8),
            (2, 1, 2, 3),
            padding="same",
            stride=[3, 2],
            dilation=[1, 2],
        ),
        one("dilation 2", (2, 2, 7, 7), (2, 2, 3, 3), dilation=2, second=True),
        one("dilation per axis [2, 3]", (1, 2, 6, 8), (2, 2, 3, 3), dilation=[2, 3]),
        one("dilation 3, stride 2, padding 2", (1, 1, 7, 8), (2, 1, 3, 3), dilation=3, stride=2, padding=2),
        one("groups 2", (2, 4, 4, 4), (6, 2, 3, 3), groups=2, padding=1, second=True),
        one("groups 3, one output a group", (1, 6, 4, 4), (3, 2, 2, 2), groups=3),
        one("depthwise", (2, 4, 5, 5), (4, 1, 3, 3), groups=4, padding=1, second=True),
        one("depthwise, stride 2", (1, 3, 6, 6), (3, 1, 3, 3), groups=3, stride=2, padding=[[0, 1], [0, 1]]),
        one("depthwise, multiplier 2", (1, 3, 4, 5), (6, 1, 3, 3), groups=3, padding=1),
        one("depthwise, dilation 2", (1, 3, 6, 6), (3, 1, 3, 3), groups=3, dilation=2),
        one("1x1", (2, 3, 3, 4), (5, 3, 1, 1), second=True),
        one("1x1, stride 2", (1, 3, 5, 5), (2, 3, 1, 1), stride=2),
        one("1x1, padding 1: the border is the bias", (1, 2, 2, 2), (2, 2, 1, 1), padding=1),
        one("1x1, groups 2", (1, 4, 3, 3), (4, 2, 1, 1), groups=2),
        one("kernel larger than the input, padding 2", (1, 2, 3, 3), (2, 2, 5, 5), padding=2, second=True),
        one("kernel larger than the input, asymmetric padding", (1, 1, 2, 3), (2, 1, 4, 5), padding=[[3, 1], [1, 3]]),
        one("dilated kernel larger than the input", (1, 1, 3, 3), (2, 1, 3, 3), padding=2, dilation=2),
        one("kernel as large as the input", (2, 2, 3, 4), (3, 2, 3, 4)),
        one("one pixel, padding 1", (2, 2, 1, 1), (2, 2, 3, 3), padding=1),
        one("one row, 1x5", (1, 2, 1, 17), (2, 2, 1, 5), padding=[[0, 0], [2, 2]]),
        one("5x1, dilation [2, 1]", (1, 2, 11, 2), (2, 2, 5, 1), dilation=[2, 1]),
        one("many channels", (1, 17, 3, 3), (9, 17, 2, 2)),
        one(
            "everything at once",
            (2, 4, 7, 8),
            (6, 2, 3, 2),
            stride=[2, 3],
            padding=[[2, 1], [0, 3]],
            dilation=[2, 1],
            groups=2,
            second=True,
        ),
        one("full mantissas, padding 1", (2, 5, 5, 5), (4, 5, 3, 3), padding=1, full=True, second=True),
        one(
            "full mantissas, everything at once",
            (1, 4, 8, 7),
            (4, 2, 2, 3),
            stride=[2, 1],
            padding=[[1, 2], [2, 0]],
            dilation=[1, 2],
            groups=2,
            full=True,
            second=True,
        ),
    ]
    mix = itertools.product((1, 2, [1, 2]), (0, 1, [[2, 0], [1, 2]]), (1, [1, 2]), (1, 2))
    for index, (stride, padding, dilation, groups) in enumerate(mix):
        name = f"mix: stride {stride}, padding {padding}, dilation {dilation}, groups {groups}"
        cases.append(
            one(
                name,
                (1, 2, 5, 6),
                (2, 2 // groups, 3, 2),
                bias=index % 2 == 0,
                second=index % 5 == 0,
                stride=stride,
                padding=padding,
                dilation=dilation,
                groups=groups,
            )
        )
    return "x [N,C,H,W], weight [O,C/groups,KH,KW], bias [O] (absent: none); y [N,O,OH,OW].", cases
