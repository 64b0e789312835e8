"""Layer, group, instance and local response norm."""

import torch.nn.functional as F

from .engine import Draw, make_case


def affine(name, x_shape, w_shape):
    draw = Draw(name)
    inputs = {"x": draw.grid(*x_shape)}
    if w_shape:
        inputs |= {"weight": draw.grid(*w_shape), "bias": draw.grid(*w_shape)}
    return inputs


def layer(name, x_shape, count, *, scaled=True, eps=1e-5, second=False):
    """Over the last `count` axes."""
    extents = x_shape[-count:]
    fn = lambda x, weight=None, bias=None: F.layer_norm(x, extents, weight, bias, eps)
    axis = [len(x_shape) - count + i for i in range(count)]
    inputs = affine(f"layerNorm/{name}", x_shape, extents if scaled else None)
    return make_case(f"layerNorm: {name}", "layerNorm", fn, inputs, {"axis": axis, "eps": eps}, second=second)


def channels_first(name, x_shape, *, eps=1e-5):
    """Over the channels of images at each pixel."""

    def fn(x, weight, bias):
        return F.layer_norm(x.permute(0, 2, 3, 1), x_shape[1:2], weight, bias, eps).permute(0, 3, 1, 2)

    inputs = affine(f"layerNorm/{name}", x_shape, x_shape[1:2])
    return make_case(f"layerNorm: {name}", "layerNorm", fn, inputs, {"axis": [1], "eps": eps}, second=True)


def group(name, x_shape, groups, *, scaled=True, eps=1e-5, second=False):
    fn = lambda x, weight=None, bias=None: F.group_norm(x, groups, weight, bias, eps)
    inputs = affine(f"groupNorm/{name}", x_shape, x_shape[1:2] if scaled else None)
    return make_case(f"groupNorm: {name}", "groupNorm", fn, inputs, {"groups": groups, "eps": eps}, second=second)


def instance(name, x_shape):
    """As a group norm with a group a channel."""
    fn = lambda x, weight, bias: F.instance_norm(x, weight=weight, bias=bias)
    inputs = affine(f"instanceNorm/{name}", x_shape, x_shape[1:2])
    options = {"groups": x_shape[1], "eps": 1e-5}
    also = lambda x, weight, bias: F.group_norm(x, x_shape[1], weight, bias)
    return make_case(f"instance norm: {name}", "groupNorm", fn, inputs, options, second=True, also=also)


def response(name, x_shape, **options):
    values = {"alpha": 1e-4, "beta": 0.75, "k": 1.0, **options}
    fn = lambda x: F.local_response_norm(x, values["size"], values["alpha"], values["beta"], values["k"])
    x = Draw(f"localResponseNorm/{name}").grid(*x_shape)
    return make_case(f"localResponseNorm: {name}", "localResponseNorm", fn, {"x": x}, options, second=True)


def norms_family():
    return "weight and bias: both or neither.", [
        layer("rows", (3, 5), 1, second=True),
        layer("images", (2, 3, 2, 4), 3, second=True),
        layer("two axes without scale, eps 0.01", (2, 3, 4), 2, scaled=False, eps=0.01),
        channels_first("channels at each pixel", (2, 4, 2, 3)),
        group("2 groups of 4", (2, 4, 3, 2), 2, second=True),
        group("one group, signals", (2, 3, 5), 1),
        group("3 groups without scale, eps 0.01", (2, 6, 2, 2), 3, scaled=False, eps=0.01),
        instance("images", (2, 3, 3, 2)),
        response("AlexNet's", (2, 7, 2, 2), size=5, k=2.0, alpha=0.5),
        response("even window", (1, 6, 2, 3), size=4, alpha=1.0),
        response("PyTorch's defaults", (1, 5, 2, 2), size=3),
        response("more neighbours than channels, beta 1.5", (1, 2, 3, 1), size=7, alpha=2.0, beta=1.5),
    ]
