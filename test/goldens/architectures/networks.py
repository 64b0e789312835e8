"""Networks that torchvision does not have, written from their papers, with the names that Prewitt uses."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class LeNet5(nn.Module):
    def __init__(self, padding=0, activation=torch.tanh, pool=F.avg_pool2d):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=padding)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)
        self.activation, self.pool = activation, pool

    def forward(self, x):
        f = self.activation
        x = self.pool(f(self.conv1(x)), 2)
        x = self.pool(f(self.conv2(x)), 2)
        return self.fc3(f(self.fc2(f(self.fc1(torch.flatten(x, 1))))))


class CifarBlock(nn.Module):
    def __init__(self, inputs, out, stride, projection):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.stride, self.more = stride, out - inputs
        self.downsample = None
        if stride != 1 and projection:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.downsample is not None:
            x = self.downsample(x)
        elif self.stride != 1:
            zeros = torch.zeros(x.shape[0], self.more // 2, *x[:, :, ::2, ::2].shape[2:], dtype=x.dtype)
            x = torch.cat([zeros, x[:, :, ::2, ::2], zeros], 1)
        return F.relu(x + y)


class CifarResNet(nn.Module):
    def __init__(self, blocks, projection=False):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)

        def stage(inputs, out, stride):
            rest = [CifarBlock(out, out, 1, projection) for _ in range(blocks - 1)]
            return nn.Sequential(CifarBlock(inputs, out, stride, projection), *rest)

        self.layer1 = stage(16, 16, 1)
        self.layer2 = stage(16, 32, 2)
        self.layer3 = stage(32, 64, 2)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


class DoubleConv(nn.Module):
    def __init__(self, inputs, inner, out):
        super().__init__()
        self.double_conv = nn.Sequential(
            nn.Conv2d(inputs, inner, 3, padding=1, bias=False), nn.BatchNorm2d(inner), nn.ReLU(),
            nn.Conv2d(inner, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU(),
        )  # fmt: skip

    def forward(self, x):
        return self.double_conv(x)


class Down(nn.Module):
    def __init__(self, inputs, out):
        super().__init__()
        self.maxpool_conv = nn.Sequential(nn.MaxPool2d(2), DoubleConv(inputs, out, out))

    def forward(self, x):
        return self.maxpool_conv(x)


class Up(nn.Module):
    def __init__(self, below, out, bilinear):
        super().__init__()
        if bilinear:
            self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
        else:
            self.up = nn.ConvTranspose2d(below, below // 2, 2, stride=2)
        self.conv = DoubleConv(below, below // 2 if bilinear else out, out)

    def forward(self, below, beside):
        y = self.up(below)
        rows, columns = beside.shape[2] - y.shape[2], beside.shape[3] - y.shape[3]
        y = F.pad(y, [columns // 2, columns - columns // 2, rows // 2, rows - rows // 2])
        return self.conv(torch.cat([beside, y], 1))


class OutConv(nn.Module):
    def __init__(self, inputs, classes):
        super().__init__()
        self.conv = nn.Conv2d(inputs, classes, 1)

    def forward(self, x):
        return self.conv(x)


class UNet(nn.Module):
    def __init__(self, channels, classes, base=64, depth=4, bilinear=False):
        super().__init__()
        self.depth, half = depth, 2 if bilinear else 1
        self.inc = DoubleConv(channels, base, base)
        for i in range(1, depth + 1):
            out = base * 2**i // (half if i == depth else 1)
            setattr(self, f"down{i}", Down(base * 2 ** (i - 1), out))
        for i in range(1, depth + 1):
            level = depth - i
            setattr(self, f"up{i}", Up(base * 2 ** (level + 1), base * 2**level // (half if level else 1), bilinear))
        self.outc = OutConv(base, classes)

    def forward(self, x):
        levels = [self.inc(x)]
        for i in range(1, self.depth + 1):
            levels.append(getattr(self, f"down{i}")(levels[-1]))
        y = levels.pop()
        for i in range(1, self.depth + 1):
            y = getattr(self, f"up{i}")(y, levels.pop())
        return self.outc(y)


class Embedding(nn.Module):
    def __init__(self, backbone):
        super().__init__()
        self.backbone = backbone

    def forward(self, x):
        return F.normalize(self.backbone(x), dim=1)


def tiny_darknet(channels, stride):
    layers, inputs, out = [], channels, 16

    def block(inputs, out):
        return nn.Sequential(nn.Conv2d(inputs, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.LeakyReLU(0.1))

    while 16 * stride > out:
        layers += [block(inputs, out), nn.MaxPool2d(2)]
        inputs, out = out, 2 * out
    return nn.Sequential(*layers, block(inputs, out), block(out, out))


class Yolo(nn.Module):
    def __init__(self, classes, anchors, stride=16, channels=3):
        super().__init__()
        self.backbone = tiny_darknet(channels, stride)
        self.head = nn.Conv2d(16 * stride, len(anchors) * (5 + classes), 1)
        self.classes, self.anchors, self.stride = classes, anchors, stride

    def forward(self, x):
        y = self.head(self.backbone(x))
        return y.reshape(len(y), len(self.anchors), 5 + self.classes, *y.shape[2:])

    def loss(self, prediction, boxes, labels, ignore=0.5, background=0.5):
        """Box by box, as the loss is written down; boxes and labels are lists, one entry an image."""
        n, a, _, rows, columns = prediction.shape
        assigned = {}
        for image, (own, classes) in enumerate(zip(boxes, labels)):
            for box, label in zip(own, classes):
                cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
                w, h = box[2] - box[0], box[3] - box[1]
                column, row = int(cx // self.stride), int(cy // self.stride)
                overlaps = [min(w, aw) * min(h, ah) for aw, ah in self.anchors]
                overlaps = [o / (w * h + aw * ah - o) for o, (aw, ah) in zip(overlaps, self.anchors)]
                for k in sorted(range(a), key=lambda k: -overlaps[k]):
                    if (image, k, row, column) not in assigned:
                        assigned[image, k, row, column] = (box, label, cx, cy, w, h)
                        break
        bce = F.binary_cross_entropy_with_logits
        terms = {"box": 0.0, "objectness": 0.0, "label": 0.0}
        one, zero = torch.ones((), dtype=prediction.dtype), torch.zeros((), dtype=prediction.dtype)
        for image in range(n):
            for k, (aw, ah) in enumerate(self.anchors):
                for row in range(rows):
                    for column in range(columns):
                        p = prediction[image, k, :, row, column]
                        if (image, k, row, column) in assigned:
                            _, label, cx, cy, w, h = assigned[image, k, row, column]
                            share = w * h / (rows * columns * self.stride**2)
                            place = bce(p[0], one * (cx / self.stride - column)) + bce(p[1], one * (cy / self.stride - row))
                            size = (p[2] - torch.log(one * w / aw)) ** 2 / 2 + (p[3] - torch.log(one * h / ah)) ** 2 / 2
                            terms["box"] += (2 - share) * (place + size)
                            terms["objectness"] += bce(p[4], one)
                            terms["label"] += F.cross_entropy(p[None, 5:], torch.tensor([label]))
                            continue
                        x, y = (column + 0.5) * self.stride, (row + 0.5) * self.stride
                        anchor = (x - aw / 2, y - ah / 2, x + aw / 2, y + ah / 2)
                        if all(overlap(anchor, box) <= ignore for box in boxes[image]):
                            terms["objectness"] += background * bce(p[4], zero)
        return {k: v / max(1, len(assigned)) for k, v in terms.items()}


def overlap(a, b):
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(0, width) * max(0, height)
    area = lambda c: (c[2] - c[0]) * (c[3] - c[1])
    return both / (area(a) + area(b) - both)
