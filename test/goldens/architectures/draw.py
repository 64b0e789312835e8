"""Weights and images from a counter: element i of the tensor with the name `path` is

    word = mix((i * 0x9E3779B1 + fnv1a(path)) mod 2^32),   u = word / 2^32
    mix: x ^= x >> 16, x *= 0x7FEB352D, x ^= x >> 15, x *= 0x846CA68B, x ^= x >> 16   (mod 2^32)

with the 32-bit FNV-1a hash of the name, and its value by the name and the rank is, rounded to float32,

    running_mean, biases, images   2u - 1, for biases and means halved
    running_var                    1/2 + u
    weights of norms               1/4 + u/2    so that sums over many residual blocks stay moderate
    other weights                  (2u - 1) sqrt(6 / (elements a first index))    He's variance 2 / fan-in
    num_batches_tracked            0

Additions, products and one square root: every system computes the same bits. `test/architectures/draw.ts` is the same.
"""

import math

import numpy as np
import torch


def fnv1a(text):
    h = 0x811C9DC5
    for byte in text.encode("utf-8"):
        h = ((h ^ byte) * 0x01000193) & 0xFFFFFFFF
    return h


def units(path, count):
    x = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B1) + np.uint32(fnv1a(path))
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    return x.astype(np.float64) / 2.0**32


def draw(path, shape):
    if path.endswith("num_batches_tracked"):
        return torch.zeros(shape, dtype=torch.int64)
    u = units(path, math.prod(shape))
    if path.endswith("running_var"):
        values = 0.5 + u
    elif path.endswith("weight") and len(shape) == 1:
        values = 0.25 + 0.5 * u
    elif path.endswith("weight"):
        values = (2 * u - 1) * math.sqrt(6 / math.prod(shape[1:]))
    elif path.endswith("bias") or path.endswith("running_mean"):
        values = (2 * u - 1) * 0.5
    else:
        values = 2 * u - 1
    return torch.from_numpy(values.astype(np.float32)).reshape(tuple(shape))


def fill(module):
    """Draws every parameter and buffer of the module by its name."""
    module.load_state_dict({k: draw(k, v.shape) for k, v in module.state_dict().items()})
    return module
