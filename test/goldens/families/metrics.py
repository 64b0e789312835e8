"""Metrics: detection by the COCO definition (written out here, in numpy), image quality by scikit-image."""

import numpy as np
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from .engine import Draw, make_case


def iou_matrix(a, b):
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    area = lambda x: np.prod(x[:, 2:] - x[:, :2], axis=1)
    return shared / (area(a)[:, None] + area(b)[None, :] - shared)


def average_precision(found, truth, threshold, low, high):
    """AP of one class. `found`: (image, score, box) and `truth`: (image, box), as arrays."""
    area = lambda box: (box[2] - box[0]) * (box[3] - box[1])
    outcomes, total = [], 0
    for image in sorted(set(truth[:, 0]) | set(found[:, 0])):
        objects = truth[truth[:, 0] == image][:, 1:]
        aside = np.array([not low <= area(o) <= high for o in objects], dtype=bool)
        order = np.argsort(aside, kind="stable")
        objects, aside = objects[order], aside[order]
        total += int((~aside).sum())
        detections = found[found[:, 0] == image]
        detections = detections[np.argsort(-detections[:, 1], kind="stable")][:100]
        ious = iou_matrix(detections[:, 2:], objects) if len(objects) else np.zeros((len(detections), 0))
        free = np.ones(len(objects), dtype=bool)
        for d, detection in enumerate(detections):
            # Objects that count first; the best overlap among them, the last of equal ones.
            chosen = None
            for pool in (~aside, aside):
                candidates = [g for g in np.flatnonzero(free & pool) if ious[d, g] >= threshold]
                if candidates:
                    chosen = max(candidates, key=lambda g: (ious[d, g], g))
                    break
            if chosen is None:
                if low <= area(detection[2:]) <= high:
                    outcomes.append((detection[1], False))
            else:
                free[chosen] = False
                if not aside[chosen]:
                    outcomes.append((detection[1], True))
    if total == 0:
        return None
    outcomes.sort(key=lambda o: -o[0])
    right = np.cumsum([hit for _, hit in outcomes])
    precision = right / np.arange(1, len(right) + 1)
    recall = right / total
    points = [precision[recall >= r].max() if (recall >= r).any() else 0.0 for r in np.linspace(0, 1, 101)]
    return float(np.mean(points))


def scene_case(name, images, classes, objects, low=0.0, high=np.inf):
    draw = Draw(f"detection/{name}")
    corner = draw.grid(objects, 2, step=1, low=0, high=80).numpy()
    extent = draw.grid(objects, 2, step=1, low=8, high=60).numpy()
    truth_boxes = np.concatenate([corner, corner + extent], 1)
    truth_image = draw.classes(images, objects).numpy()
    truth_class = draw.classes(classes, objects).numpy()
    # Detections: each object moved a little, twice, some in another class, and some boxes from nowhere.
    moved = [truth_boxes + draw.grid(objects, 4, step=1, low=-shift, high=shift).numpy() for shift in (3, 8)]
    boxes = np.concatenate([*moved, truth_boxes[::3] + 45])
    image = np.concatenate([truth_image, truth_image, truth_image[::3]])
    kind = np.concatenate([truth_class, truth_class, truth_class[::3]])
    kind[::7] = (kind[::7] + 1) % classes
    scores = draw.grid(len(boxes), step=1 / 32, low=0, high=1).numpy()

    def run(**_):
        thresholds = [(50 + 5 * i) / 100 for i in range(10)]
        table = []
        for c in range(classes):
            mine, theirs = kind == c, truth_class == c
            found = np.column_stack([image[mine], scores[mine], boxes[mine]])
            truth = np.column_stack([truth_image[theirs], truth_boxes[theirs]])
            table.append([average_precision(found, truth, t, low, high) for t in thresholds])
        known = np.array([row for row in table if row[0] is not None])
        value = lambda x: torch.tensor(float(x), dtype=torch.float64)
        return {
            "map": value(known.mean()),
            "map50": value(known[:, 0].mean()),
            "map75": value(known[:, 5].mean()),
            "perClass": torch.tensor([np.nan if r[0] is None else np.mean(r) for r in table], dtype=torch.float64),
        }

    as_tensor = lambda x: torch.tensor(x, dtype=torch.float64)
    as_index = lambda x: torch.tensor(x.astype(np.int32))
    inputs = {
        "boxes": as_tensor(boxes),
        "scores": as_tensor(scores),
        "classes": as_index(kind),
        "image": as_index(image),
        "truthBoxes": as_tensor(truth_boxes),
        "truthClasses": as_index(truth_class),
        "truthImage": as_index(truth_image),
    }
    options = {"classes": classes, "images": images}
    if high < np.inf:
        options["area"] = [low, high]
    return make_case(name, "meanAveragePrecision", run, inputs, options, no_gradient=True)


def quality_case(name, *shape, scale):
    draw = Draw(f"quality/{name}")
    a = draw.grid(*shape, step=1 / 128, low=0, high=1) * scale
    b = (a + draw.grid(*shape, step=1 / 128, low=-0.25, high=0.25) * scale).clamp(0, scale)

    def run(a, b):
        x, y = a.detach().double().numpy(), b.detach().double().numpy()
        similar = [
            structural_similarity(
                p, q, data_range=scale, channel_axis=0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
            )
            for p, q in zip(x, y)
        ]
        noise = [peak_signal_noise_ratio(p, q, data_range=scale) for p, q in zip(x, y)]
        return {"ssim": torch.tensor(similar).double(), "psnr": torch.tensor(noise).double()}

    return make_case(name, "imageQuality", run, {"a": a, "b": b}, {"range": scale}, no_gradient=True)


def metrics_family():
    cases = [
        scene_case("three classes", 6, 3, 30),
        scene_case("medium objects only", 6, 2, 30, 1024.0, 2304.0),
        scene_case("a class without objects", 2, 9, 8),
        quality_case("unit range", 2, 3, 16, 14, scale=1.0),
        quality_case("bytes", 1, 1, 20, 13, scale=255.0),
    ]
    return "Detections and objects of all images in one list, with their image; images [N, C, H, W].", cases
