"""Inputs, cases and JSON: what every family needs.

A case is computed in float64 and again in float32, to learn how far float32 may stray.
"""

import json
import math
import zlib

import numpy as np
import torch

AGREEMENT = 1e-12  # how closely two formulas of one case must agree in float64


class Draw:
    """Reproducible inputs of one case."""

    def __init__(self, name):
        self.generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))

    def nonzero(self, shape):
        """Multiples of 1/32 without 0, so that no entry of a gradient goes unweighted: cotangents and directions."""
        values = self.grid(*shape, step=1 / 32)
        return torch.where(values == 0, 1.0, values)

    def grid(self, *shape, step=1 / 64, low=-2.0, high=2.0):
        """Multiples of `step`, uniform in [low, high]."""
        ints = torch.randint(round(low / step), round(high / step) + 1, shape, generator=self.generator)
        return ints.double() * step

    def distinct(self, *shape, step=1 / 16):
        """No two values alike: a shuffled arithmetic sequence around 0. For max and min, away from ties."""
        count = math.prod(shape)
        order = torch.randperm(count, generator=self.generator)
        return ((order - count // 2).double() * step).reshape(shape)

    def normal(self, *shape):
        """Full float32 mantissas, for cases in which rounding should matter."""
        return torch.randn(shape, generator=self.generator, dtype=torch.float32).double()

    def classes(self, count, *shape):
        return torch.randint(0, count, shape, generator=self.generator, dtype=torch.int32)


def number_text(value):
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if math.isnan(value):
        return '"NaN"'
    if math.isinf(value):
        return '"Infinity"' if value > 0 else '"-Infinity"'
    text = str(value) if isinstance(value, np.float32) else repr(float(value))
    if isinstance(value, np.float32):  # the shortest text must survive being read as a double first
        assert np.float32(float(text)) == value, text
    return text[:-2] if text.endswith(".0") else text


def tensor_text(tensor):
    array = tensor.detach().contiguous().numpy()
    data = ",".join(
        number_text(v) for v in (array.reshape(-1) if array.dtype != np.float64 else array.reshape(-1).tolist())
    )
    dtype = "" if array.dtype == np.float64 else f'"dtype":"{array.dtype}",'
    shape = ",".join(map(str, array.shape))
    return f'{{{dtype}"shape":[{shape}],"data":[{data}]}}'


def json_text(value, indent):
    """JSON with one tensor a line, so that a changed tensor is a changed line."""
    pad = "  " * indent
    if isinstance(value, torch.Tensor):
        return tensor_text(value)
    if isinstance(value, dict):
        if indent > 1 and not any(isinstance(v, (dict, list, torch.Tensor)) for v in value.values()):
            return (
                "{"
                + ", ".join(f"{json.dumps(k, ensure_ascii=False)}: {json_text(v, 9)}" for k, v in value.items())
                + "}"
            )
        body = ",\n".join(
            f"{pad}  {json.dumps(k, ensure_ascii=False)}: {json_text(v, indent + 1)}" for k, v in value.items()
        )
        return "{\n" + body + "\n" + pad + "}" if value else "{}"
    if isinstance(value, (list, tuple)):
        if any(isinstance(v, dict) for v in value):
            return "[\n" + ",\n".join(f"{pad}  {json_text(v, indent + 1)}" for v in value) + "\n" + pad + "]"
        return "[" + ", ".join(json_text(v, 9) for v in value) + "]"
    if isinstance(value, float):
        return number_text(value)
    return json.dumps(value, ensure_ascii=False)


def write(directory, family, about, cases):
    names = [c["name"] for c in cases]
    assert len(set(names)) == len(names), f"{family}: names repeat"
    made_by = f"PyTorch {torch.__version__.split('+')[0]}, CPU, float64"
    text = json_text({"family": family, "about": about, "madeBy": made_by, "cases": cases}, 0) + "\n"
    (directory / f"{family}.json").write_text(text, encoding="utf-8")
    worst = max(c["float32Deviation"] for c in cases)
    print(f"{family:15} {len(cases):4} cases {len(text):8} bytes   worst float32 deviation {worst:.1e}")


def is_float(value):
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def as_dtype(value, dtype):
    return value.detach().to(dtype) if is_float(value) else value


def call(fn, inputs):
    """A dict of outputs. A function of one tensor takes it by position, others take theirs by name."""
    outputs = fn(*inputs.values()) if len(inputs) == 1 else fn(**inputs)
    return outputs if isinstance(outputs, dict) else {"y": outputs}


def differentiate(fn, inputs, constant, cotangents, directions):
    """Outputs of fn, gradients of Σ ⟨output, cotangent⟩ and, given directions r,
    the gradients of g = Σ ⟨gradient_i, r_i⟩ with respect to inputs and cotangents."""
    leaves = {k: v.clone() for k, v in inputs.items()}
    wanted = [k for k, v in leaves.items() if is_float(v) and k not in constant]
    for k in wanted:
        leaves[k].requires_grad_()
    outputs = call(fn, leaves)
    live = [k for k, v in outputs.items() if v.requires_grad and k in cotangents]
    if not live:
        return outputs, {}, None
    seeds = [cotangents[k].clone().requires_grad_() for k in live]
    xs = [leaves[k] for k in wanted]
    grads = torch.autograd.grad(
        [outputs[k] for k in live], xs, seeds, create_graph=directions is not None, allow_unused=True
    )
    grads = [torch.zeros_like(x) if g is None else g for g, x in zip(grads, xs)]
    second = None
    if directions is not None:
        g = sum((grad * directions[k]).sum() for grad, k in zip(grads, wanted))
        both = torch.autograd.grad(g, xs + seeds, allow_unused=True)
        both = [torch.zeros_like(v) if d is None else d for d, v in zip(both, xs + seeds)]
        second = {
            "value": g.detach(),
            "gradients": dict(zip(wanted, both[: len(xs)])),
            "cotangentGradients": dict(zip(live, both[len(xs) :])),
        }
    return outputs, dict(zip(wanted, grads)), second


def deviation(actual, expected, floor=0.0):
    """Largest difference, relative to the largest expected magnitude of the tensor or to `floor` (absolute if both are 0)."""
    actual, expected = actual.double(), expected.double()
    finite = torch.isfinite(expected)
    assert torch.equal(
        actual[~finite].nan_to_num(nan=0.5), expected[~finite].nan_to_num(nan=0.5)
    ), "non-finite values differ"
    if not finite.any():
        return 0.0
    scale = max(expected[finite].abs().max().item(), floor)
    return (actual - expected)[finite].abs().max().item() / (scale or 1.0)


def make_case(
    name,
    op,
    fn,
    inputs,
    options=None,
    *,
    resolved=None,
    constant=(),
    second=False,
    keep32=False,
    no_gradient=False,
    also=None,
    agreement=AGREEMENT,
):
    """One golden case. `fn` returns y, or a dict of outputs.
    `also` is a second formula for the same thing, asserted to give the same values and gradients."""
    draw = Draw(f"{op}/{name}/cotangents")
    with torch.no_grad():
        shapes = call(fn, inputs)
    cotangents = (
        {}
        if no_gradient
        else {
            k: draw.nonzero(v.shape) if v.dim() else torch.tensor(0.75, dtype=torch.float64)
            for k, v in shapes.items()
            if is_float(v)
        }
    )
    directions = None
    if second:
        directions = {k: draw.nonzero(v.shape) for k, v in inputs.items() if is_float(v) and k not in constant}

    outputs, gradients, seconds = differentiate(fn, inputs, constant, cotangents, directions)
    if also is not None:
        outputs2, gradients2, second2 = differentiate(also, inputs, constant, cotangents, directions)
        pairs = [(k, v, outputs2[k]) for k, v in outputs.items()] + [
            (k, v, gradients2[k]) for k, v in gradients.items()
        ]
        if seconds:
            pairs += [(k, v, second2["gradients"][k]) for k, v in seconds["gradients"].items()]
        for key, ours, theirs in pairs:
            apart = deviation(theirs, ours, floor=1.0)
            assert apart < agreement, f"{op} {name}: {key} differs by {apart}"

    low = lambda tree: {k: as_dtype(v, torch.float32) for k, v in tree.items()}
    outputs32, gradients32, _ = differentiate(fn, low(inputs), constant, low(cotangents), None)
    worst = max(
        [deviation(outputs32[k], v) for k, v in outputs.items() if is_float(v)]
        + [deviation(gradients32[k], v) for k, v in gradients.items()]
        + [0.0]
    )

    case = {"name": name, "op": op, "options": options or {}}
    if resolved:
        case["resolved"] = resolved
    case["inputs"] = inputs
    case["outputs"] = outputs
    if gradients:
        case["cotangents"] = {k: v for k, v in cotangents.items() if outputs[k].requires_grad}
        case["gradients"] = gradients
    if seconds:
        case["second"] = {"directions": directions, **seconds}
    if keep32:
        case["float32"] = {"outputs": {k: v for k, v in outputs32.items() if is_float(v)}}
        if gradients32:
            case["float32"]["gradients"] = gradients32
    case["float32Deviation"] = float(f"{worst:.1e}")
    return case
