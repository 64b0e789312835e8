"""maxPool2d and avgPool2d. What PyTorch has no option for (asymmetric padding, dilated averages) is composed."""

import math

import torch
import torch.nn.functional as F

from .conv2d import pad_image, pair, resolve_padding
from .engine import Draw, make_case


def window_options(options):
    kernel = pair(options["kernel"])
    return kernel, pair(options.get("stride", kernel)), pair(options.get("dilation", 1)), options.get("ceilMode", False)


def max_pool_case(name, x_shape, *, x=None, second=False, keep32=False, no_gradient=False, **options):
    """index is the flat position of the maximum in its own H×W plane, padding not counted."""
    kernel, stride, dilation, ceil = window_options(options)
    (top, bottom), (left, right) = resolve_padding(options.get("padding", 0), x_shape[2:], kernel, stride, dilation)
    width = x_shape[3]

    def pool(x):
        if top == bottom and left == right:
            y, index = F.max_pool2d(x, kernel, stride, (top, left), dilation, ceil, return_indices=True)
            return {"y": y, "index": index.int()}
        assert not ceil, "ceil mode's last-window rule is PyTorch's only for symmetric padding"
        padded = pad_image(x, ((top, bottom), (left, right)), -math.inf)
        y, index = F.max_pool2d(padded, kernel, stride, 0, dilation, return_indices=True)
        row, column = index // padded.shape[3] - top, index % padded.shape[3] - left
        return {"y": y, "index": (row * width + column).int()}

    x = Draw(f"maxPool2d/{name}").distinct(*x_shape) if x is None else x
    return make_case(name, "maxPool2d", pool, {"x": x}, options, second=second, keep32=keep32, no_gradient=no_gradient)


def avg_pool_case(name, x_shape, *, second=False, **options):
    kernel, stride, dilation, ceil = window_options(options)
    include = options["countIncludePad"]
    sides = resolve_padding(options.get("padding", 0), x_shape[2:], kernel, stride, dilation)
    (top, bottom), (left, right) = sides
    own = top == bottom and left == right and dilation == (1, 1)
    assert own or not ceil, "ceil mode's last-window rule is PyTorch's only for symmetric padding"

    def window_sum(x):  # a convolution of each channel with ones
        ones = torch.ones((x.shape[1], 1, *kernel), dtype=x.dtype)
        return F.conv2d(pad_image(x, sides), ones, None, stride, 0, dilation, x.shape[1])

    def by_sums(x):
        cells = kernel[0] * kernel[1] if include else window_sum(torch.ones_like(x))
        return window_sum(x) / cells

    def pool(x):
        return F.avg_pool2d(x, kernel, stride, (top, left), ceil, include)

    inputs = {"x": Draw(f"avgPool2d/{name}").grid(*x_shape)}
    return make_case(
        name, "avgPool2d", pool if own else by_sums, inputs, options, second=second, also=None if ceil else by_sums
    )


def pool_family():
    example = torch.tensor([[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]], dtype=torch.float64).reshape(
        1, 1, 4, 4
    )
    top, avg = max_pool_case, avg_pool_case
    cases = [
        top("2x2 of the textbook's 4x4", (1, 1, 4, 4), x=example, kernel=2, stride=2),
        top("2x2", (2, 3, 4, 6), kernel=2, second=True),
        top("2x2, odd input, last row and column dropped", (1, 2, 5, 5), kernel=2),
        top("3x3, stride 2, padding 1", (2, 2, 7, 7), kernel=3, stride=2, padding=1, second=True),
        top("3x3, stride 1: windows share maxima", (1, 2, 5, 5), kernel=3, stride=1, second=True),
        top("kernel [2, 3], stride [1, 2]", (1, 2, 5, 7), kernel=[2, 3], stride=[1, 2]),
        top("kernel [3, 2], padding per axis", (1, 2, 5, 5), kernel=[3, 2], stride=2, padding=[[1, 1], [0, 0]]),
        top("asymmetric padding", (1, 2, 5, 4), kernel=3, stride=2, padding=[[0, 1], [1, 0]], second=True),
        top(
            "all negative with padding: padding never wins",
            (1, 1, 4, 4),
            kernel=3,
            stride=2,
            padding=1,
            x=Draw("negative").distinct(1, 1, 4, 4) - 5,
        ),
        top("dilation 2", (1, 2, 7, 7), kernel=3, stride=1, dilation=2, second=True),
        top("dilation [1, 2], stride 2, padding 1", (1, 2, 6, 8), kernel=3, stride=2, padding=1, dilation=[1, 2]),
        top("ceil mode", (1, 2, 5, 6), kernel=2, ceilMode=True, second=True),
        top("ceil mode, 3x3 stride 2", (1, 1, 6, 8), kernel=3, stride=2, ceilMode=True),
        top(
            "ceil mode, a window that would start in the padding is dropped",
            (1, 1, 5, 5),
            kernel=2,
            stride=2,
            padding=1,
            ceilMode=True,
        ),
        top("ceil mode, stride 3, padding 1", (1, 1, 7, 8), kernel=3, stride=3, padding=1, ceilMode=True),
        top("ceil mode, padding 1, dilation 2", (1, 2, 8, 7), kernel=3, stride=2, padding=1, dilation=2, ceilMode=True),
        top("stride larger than the kernel", (1, 1, 7, 7), kernel=2, stride=3),
        top("kernel as large as the input", (2, 2, 3, 4), kernel=[3, 4]),
        top("kernel larger than the input", (1, 2, 2, 2), kernel=4, stride=4, padding=2),
        top(
            "ties: the first maximum in row-major order",
            (1, 2, 4, 4),
            kernel=2,
            stride=2,
            x=torch.tensor([[3, 3, 0, 1, 3, 3, 1, 1, -1, 0, 2, 2, 0, 0, 2, 2], [0] * 16], dtype=torch.float64).reshape(
                1, 2, 4, 4
            ),
        ),
        top(
            "ties in overlapping windows with padding",
            (1, 1, 4, 5),
            kernel=3,
            stride=1,
            padding=1,
            x=torch.ones(1, 1, 4, 5).double(),
        ),
        avg("2x2", (2, 3, 4, 6), kernel=2, countIncludePad=True, second=True),
        avg("2x2, odd input, last row and column dropped", (1, 2, 5, 5), kernel=2, countIncludePad=True),
        avg("3x3, stride 1", (1, 2, 5, 5), kernel=3, stride=1, countIncludePad=True),
        avg("kernel [2, 3], stride [1, 2]", (1, 2, 5, 7), kernel=[2, 3], stride=[1, 2], countIncludePad=True),
        avg(
            "3x3 stride 2 padding 1, padding counted",
            (2, 2, 7, 7),
            kernel=3,
            stride=2,
            padding=1,
            countIncludePad=True,
            second=True,
        ),
        avg(
            "3x3 stride 2 padding 1, padding not counted",
            (2, 2, 7, 7),
            kernel=3,
            stride=2,
            padding=1,
            countIncludePad=False,
            second=True,
        ),
        avg(
            "padding per axis, padding not counted",
            (1, 2, 5, 5),
            kernel=[3, 2],
            stride=2,
            padding=[[1, 1], [0, 0]],
            countIncludePad=False,
        ),
        avg(
            "asymmetric padding, counted",
            (1, 2, 5, 4),
            kernel=3,
            stride=2,
            padding=[[0, 1], [1, 0]],
            countIncludePad=True,
        ),
        avg(
            "asymmetric padding, not counted",
            (1, 2, 5, 4),
            kernel=3,
            stride=2,
            padding=[[0, 1], [1, 0]],
            countIncludePad=False,
        ),
        avg("ceil mode without padding", (1, 2, 5, 6), kernel=2, ceilMode=True, countIncludePad=True, second=True),
        avg(
            "ceil mode without padding, padding not counted",
            (1, 2, 5, 6),
            kernel=2,
            ceilMode=True,
            countIncludePad=False,
        ),
        avg("ceil mode, 3x3 stride 2", (1, 1, 6, 8), kernel=3, stride=2, ceilMode=True, countIncludePad=True),
        avg(
            "ceil mode, padding 1, counted: cells beyond the padding are not",
            (1, 2, 6, 6),
            kernel=3,
            stride=2,
            padding=1,
            ceilMode=True,
            countIncludePad=True,
        ),
        avg(
            "ceil mode, padding 1, not counted",
            (1, 2, 6, 6),
            kernel=3,
            stride=2,
            padding=1,
            ceilMode=True,
            countIncludePad=False,
        ),
        avg(
            "ceil mode, a window that would start in the padding is dropped",
            (1, 1, 5, 5),
            kernel=2,
            stride=2,
            padding=1,
            ceilMode=True,
            countIncludePad=True,
        ),
        avg(
            "ceil mode, stride 3, padding 1, counted",
            (1, 1, 7, 8),
            kernel=3,
            stride=3,
            padding=1,
            ceilMode=True,
            countIncludePad=True,
        ),
        avg(
            "ceil mode, stride 3, padding 1, not counted",
            (1, 1, 7, 8),
            kernel=3,
            stride=3,
            padding=1,
            ceilMode=True,
            countIncludePad=False,
        ),
        avg("dilation 2", (1, 2, 7, 7), kernel=3, stride=1, dilation=2, countIncludePad=True),
        avg(
            "dilation [1, 2], padding 1, not counted",
            (1, 2, 6, 7),
            kernel=3,
            stride=2,
            dilation=[1, 2],
            padding=1,
            countIncludePad=False,
        ),
        avg("stride larger than the kernel", (1, 1, 7, 7), kernel=2, stride=3, countIncludePad=True),
        avg("kernel as large as the input", (2, 2, 3, 4), kernel=[3, 4], countIncludePad=True),
    ]
    for case in cases:
        case["name"] = f"{case['op']}: {case['name']}"
    return "x [N,C,H,W]; stride defaults to kernel; index: position of the maximum in its H×W plane.", cases
