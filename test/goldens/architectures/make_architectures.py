"""Parameter counts, names, logits and feature maps of whole networks, by PyTorch and torchvision on the CPU in float64.

Weights, running statistics and images come from a counter (`draw.py`), so the file holds results only. Of each feature map
it holds the mean and the root of the mean square.

Run:  python3 make_architectures.py      (needs torch, torchvision and numpy; the tests need none of them)
"""

import json
import sys
import warnings
from pathlib import Path

sys.dont_write_bytecode = True
warnings.filterwarnings("ignore")

import torch
import torch.nn.functional as F
import torchvision
from torch import nn
from torchvision.models import feature_extraction, googlenet, inception_v3, mobilenet_v2, resnet, resnet18, resnet34, resnet50, vgg

from draw import draw, fill, fnv1a
from networks import CifarResNet, Embedding, LeNet5, UNet, Yolo

RESNET = {"relu": "stem", "layer1": "layer1", "layer2": "layer2", "layer3": "layer3", "layer4": "layer4"}
CIFAR = {"relu": "stem", "layer1": "layer1", "layer2": "layer2", "layer3": "layer3"}
GOOGLENET = {n: n for n in ["conv1", "conv3", *(f"inception{b}" for b in "3a 3b 4a 4b 4c 4d 4e 5a 5b".split())]}
INCEPTION = {
    n: n for n in ["Conv2d_2b_3x3", "Conv2d_4a_3x3", *(f"Mixed_{b}" for b in "5b 5c 5d 6a 6b 6c 6d 6e 7a 7b 7c".split())]
}
MOBILENET = {f"features.{n}": f"stage{i + 1}" for i, n in enumerate([1, 3, 6, 13, 18])}
MOBILENET["features.18"] = "stage5"


def signature(state):
    """One number for all names and shapes."""
    lines = sorted(f"{k}:{','.join(str(n) for n in v.shape)}" for k, v in state.items())
    return fnv1a("\n".join(lines))


def count(model):
    return sum(p.numel() for p in model.parameters())


def vgg_taps(model):
    """The last activation before each pool."""
    pools = [i for i, layer in enumerate(model.features) if isinstance(layer, nn.MaxPool2d)]
    return {f"features.{i - 1}": f"stage{s + 1}" for s, i in enumerate(pools)}


def number(x):
    return float(f"{float(x):.9g}")


def maps_of(model, taps, x):
    """Mean and root mean square of each tapped value; the graph tracer wants the names of relu calls as they are."""
    found = {}
    hooks = []
    for name, key in taps.items():
        # A relu module is shared by what follows; its first call ends the stem.
        def keep(_m, _i, y, key=key):
            found.setdefault(key, y.detach().clone())
        hooks.append(model.get_submodule(name).register_forward_hook(keep))
    model(x)
    for hook in hooks:
        hook.remove()
    return {k: [number(v.mean()), number(v.square().mean().sqrt())] for k, v in found.items()}


def entry(name, make, shape, options, model, taps=None, aux=None):
    fill(model).eval().double()
    x = draw("image", shape).double()
    with torch.no_grad():
        result = {
            "name": name,
            "make": make,
            "options": options,
            "input": list(shape),
            "parameters": count(model),
            "names": signature(model.state_dict()),
            "outputs": {"logits": tensor(model(x))},
        }
        if taps:
            result["maps"] = maps_of(model, taps, x)
        if aux:
            result["outputs"] |= {k: tensor(v) for k, v in aux(model, x).items()}
    size = max(abs(v) for v in result["outputs"]["logits"]["data"])
    print(f"{name:32} {result['parameters']:>11,} parameters   largest logit {size:.3g}")
    return result


def tensor(t):
    return {"shape": list(t.shape), "data": [number(v) for v in t.reshape(-1)]}


def make_vgg(letter, batch_norm, hidden, width=1.0):
    plan = [v if v == "M" else int(v * width) for v in vgg.cfgs[letter]]
    model = vgg.VGG(vgg.make_layers(plan, batch_norm=batch_norm), num_classes=10, init_weights=False)
    c = model.classifier
    c[0], c[3], c[6] = nn.Linear(plan[-2] * 49, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, 10)
    return model


def small_resnet(make, **options):
    model = make(num_classes=10, **options)
    model.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    model.maxpool = nn.Identity()
    return model


def googlenet_aux(model, x):
    values = tapped(model, ["inception4a", "inception4d"], x)
    return {"aux1": model.aux1(values["inception4a"]), "aux2": model.aux2(values["inception4d"])}


def inception_aux(model, x):
    return {"aux": model.AuxLogits(tapped(model, ["Mixed_6e"], x)["Mixed_6e"])}


def tapped(model, names, x):
    found = {}
    hooks = [model.get_submodule(n).register_forward_hook(lambda _m, _i, y, n=n: found.update({n: y})) for n in names]
    model(x)
    for hook in hooks:
        hook.remove()
    return found


def networks():
    yield entry("LeNet-5", "LeNet5", (2, 1, 32, 32), {}, LeNet5())
    modern = LeNet5(2, F.relu, F.max_pool2d)
    yield entry("LeNet-5, 28×28, relu", "LeNet5", (2, 1, 28, 28), {"padding": 2, "activation": "relu", "pooling": "max"}, modern)

    ten = {"classes": 10}
    for make, shape in ((resnet18, (2, 3, 64, 64)), (resnet34, (1, 3, 64, 64)), (resnet50, (1, 3, 65, 97))):
        yield entry(make.__name__, make.__name__, shape, ten, make(num_classes=10), RESNET)
    yield entry("resnet18, CIFAR stem", "resnet18", (2, 3, 32, 32), {**ten, "stem": "cifar"}, small_resnet(resnet18), RESNET)
    for layers in (20, 32, 56):
        yield entry(f"resnet{layers}", f"resnet{layers}", (2, 3, 32, 32), {}, CifarResNet((layers - 2) // 6))
    projection = {"shortcut": "projection"}
    yield entry("resnet20, projection", "resnet20", (2, 3, 32, 32), projection, CifarResNet(3, projection=True))

    plans = {"vgg11": "A", "vgg13": "B", "vgg16": "D", "vgg19": "E"}
    for name, letter in plans.items():
        for batch_norm in (False, True):
            width = 1 if (name, batch_norm) == ("vgg16", False) else 0.25
            options = {**ten, "batchNorm": batch_norm, "hidden": 128, "width": width}
            model = make_vgg(letter, batch_norm, 128, width)
            title = f"{name}{', batch norm' if batch_norm else ''}"
            yield entry(title, name, (1, 3, 64, 64), options, model, vgg_taps(model))

    aux = {**ten, "auxLogits": True}
    google = {"init_weights": False, "num_classes": 10}
    yield entry("GoogLeNet", "GoogLeNet", (2, 3, 64, 64), ten, googlenet(aux_logits=False, **google), GOOGLENET)
    model = googlenet(aux_logits=True, transform_input=True, **google)
    options = {**aux, "transformInput": True}
    yield entry("GoogLeNet, aux", "GoogLeNet", (1, 3, 97, 80), options, model, None, googlenet_aux)
    yield entry("Inception v3", "InceptionV3", (1, 3, 75, 75), ten, inception_v3(aux_logits=False, **google), INCEPTION)
    model = inception_v3(aux_logits=True, transform_input=True, **google)
    yield entry("Inception v3, aux", "InceptionV3", (1, 3, 299, 299), options, model, None, inception_aux)

    yield entry("MobileNetV2", "MobileNetV2", (2, 3, 64, 64), ten, mobilenet_v2(num_classes=10), MOBILENET)
    narrow = mobilenet_v2(num_classes=10, width_mult=0.35)
    yield entry("MobileNetV2, width 0.35", "MobileNetV2", (2, 3, 40, 56), {**ten, "width": 0.35}, narrow)

    options = {"classes": 2, "width": 0.25}
    yield entry("U-Net", "UNet", (1, 3, 48, 32), options, UNet(3, 2, 16))
    yield entry("U-Net, odd size", "UNet", (1, 1, 27, 37), {**options, "depth": 3}, UNet(1, 2, 16, 3))
    options = {"classes": 1, "width": 0.125, "upsampling": "bilinear"}
    yield entry("U-Net, bilinear", "UNet", (1, 3, 50, 36), options, UNet(3, 1, 8, bilinear=True))

    small = resnet.ResNet(resnet.BasicBlock, [1, 1, 1, 1], num_classes=128)
    small.conv1, small.maxpool = nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.Identity()
    yield entry("embedding", "EmbeddingNet", (3, 3, 32, 32), {"width": 1}, Embedding(small))


def counts():
    """Parameters and names of the published sizes with 1000 classes."""
    google = {"init_weights": False}
    makes = {
        "resnet18": (resnet18, {}),
        "resnet34": (resnet34, {}),
        "resnet50": (resnet50, {}),
        **{n: (getattr(vgg, n), {}) for n in ("vgg11", "vgg13", "vgg16", "vgg19")},
        **{f"{n}, batch norm": (getattr(vgg, f"{n}_bn"), {"batchNorm": True}) for n in ("vgg11", "vgg13", "vgg16", "vgg19")},
        "GoogLeNet": (lambda: googlenet(aux_logits=False, **google), {}),
        "GoogLeNet, aux": (lambda: googlenet(aux_logits=True, **google), {"auxLogits": True}),
        "InceptionV3": (lambda: inception_v3(aux_logits=False, **google), {}),
        "InceptionV3, aux": (lambda: inception_v3(aux_logits=True, **google), {"auxLogits": True}),
        "MobileNetV2": (mobilenet_v2, {}),
        "UNet": (lambda: UNet(3, 2), {}),
        "UNet, bilinear": (lambda: UNet(3, 1, bilinear=True), {"classes": 1, "upsampling": "bilinear"}),
    }
    for name, (make, options) in makes.items():
        model = make()
        make_name = name.split(",")[0]
        state = model.state_dict()
        yield {"name": name, "make": make_name, "options": options, "parameters": count(model), "names": signature(state)}


def detector():
    """A detector's predictions for two images, and the terms of its loss; the third box finds its best anchor taken."""
    anchors = [[14, 18], [30, 26], [60, 60]]
    boxes = [[[3, 4, 17, 24], [40, 12, 66, 40], [41, 13, 65, 41], [80.5, 50, 95, 63.5]], [[20, 8, 84, 60]]]
    labels = [[2, 0, 1, 3], [1]]
    shape = (2, 3, 64, 96)
    model = fill(Yolo(4, anchors)).eval().double()
    with torch.no_grad():
        prediction = model(draw("image", shape).double())
        terms = model.loss(prediction, boxes, labels)
    return {
        "options": {"classes": 4, "anchors": anchors},
        "input": list(shape),
        "parameters": count(model),
        "names": signature(model.state_dict()),
        "prediction": tensor(prediction),
        "boxes": boxes,
        "labels": labels,
        "terms": {k: number(v) for k, v in terms.items()},
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    content = {
        "madeBy": f"PyTorch {torch.__version__.split('+')[0]}, torchvision {torchvision.__version__.split('+')[0]}, CPU, float64",
        "published": list(counts()),
        "networks": list(networks()),
    }
    lines = [f'"madeBy": {json.dumps(content["madeBy"])}']
    for key in ("published", "networks"):
        rows = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in content[key])
        lines.append(f'"{key}": [\n{rows}\n]')
    lines.append(f'"detector": {json.dumps(detector(), separators=(",", ":"))}')
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    file = Path(__file__).parent / "architectures.json"
    file.write_text(text, encoding="utf-8")
    print(f"{len(text):,} bytes")
