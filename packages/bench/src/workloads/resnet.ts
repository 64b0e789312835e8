/** W4, W4I: training and inference of ResNet-18 in its CIFAR form (He et al. 2016; 3×3 stem, no max-pool). */

import { compile, nn, relu, type Tensor } from "prewitt";
import { randomLabels, randomTensor } from "../random-data.ts";
import type { Workload } from "../workload.ts";
import { trainStep } from "./mnist-cnn.ts";

class Block extends nn.Module {
  readonly conv1: nn.Conv2d;
  readonly bn1 = new nn.BatchNorm2d();
  readonly conv2: nn.Conv2d;
  readonly bn2 = new nn.BatchNorm2d();
  readonly shortcut: nn.Sequential | undefined;

  constructor(inputs: number, out: number, stride: number) {
    super();
    this.conv1 = new nn.Conv2d({ out, kernel: 3, stride, padding: 1, bias: false });
    this.conv2 = new nn.Conv2d({ out, kernel: 3, padding: 1, bias: false });
    if (stride !== 1 || inputs !== out) {
      this.shortcut = new nn.Sequential(new nn.Conv2d({ out, kernel: 1, stride, bias: false }), new nn.BatchNorm2d());
    }
  }

  forward(x: Tensor): Tensor {
    const inner = relu(this.bn1.forward(this.conv1.forward(x)));
    const residual = this.bn2.forward(this.conv2.forward(inner));
    return relu(residual.add(this.shortcut === undefined ? x : this.shortcut.forward(x)));
  }
}

export class ResNet18 extends nn.Module {
  readonly stem = new nn.Conv2d({ out: 64, kernel: 3, padding: 1, bias: false });
  readonly bn = new nn.BatchNorm2d();
  readonly stages = new nn.Sequential(
    new Block(64, 64, 1),
    new Block(64, 64, 1),
    new Block(64, 128, 2),
    new Block(128, 128, 1),
    new Block(128, 256, 2),
    new Block(256, 256, 1),
    new Block(256, 512, 2),
    new Block(512, 512, 1),
  ); // prettier-ignore
  readonly head = new nn.Linear({ out: 10 });

  forward(x: Tensor): Tensor {
    const features = this.stages.forward(relu(this.bn.forward(this.stem.forward(x))));
    return this.head.forward(features.mean({ axis: [2, 3] }));
  }
}

export const resnetTraining: Workload = {
  what: "W4",
  about: "training step of ResNet-18 (CIFAR form), SGD with momentum",
  *cases() {
    const model = nn.init(new ResNet18(), [3, 32, 32]);
    const step = trainStep(model, new nn.SGD(model.parameters(), { learningRate: 0.05, momentum: 0.9 }));
    const x = randomTensor([32, 3, 32, 32]);
    const y = randomLabels(32, 10);
    yield { name: "train b32", items: 32, memory: true, run: () => void step(x, y).itemSync() };
  },
};

export const resnetInference: Workload = {
  what: "W4I",
  about: "inference of ResNet-18 (CIFAR form)",
  *cases() {
    const model = nn.init(new ResNet18(), [3, 32, 32]).eval();
    const infer = compile((x: Tensor) => model.forward(x));
    for (const b of [1, 32]) {
      const x = randomTensor([b, 3, 32, 32]);
      yield { name: `infer b${b}`, items: b, run: () => void infer(x) };
    }
  },
};
