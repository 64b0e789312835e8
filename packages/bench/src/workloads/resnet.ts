/** W4, W4I: training and inference of ResNet-18 in its CIFAR form (He et al. 2016; 3×3 stem, no max-pool). */

import { compile, nn, type Tensor } from "prewitt";
import { type ResNet, resnet18 } from "prewitt/models";
import { randomLabels, randomTensor } from "../random-data.ts";
import type { Workload } from "../workload.ts";
import { trainStep } from "./mnist-cnn.ts";

function model(): ResNet {
  return nn.init(resnet18({ classes: 10, stem: "cifar" }), [3, 32, 32]);
}

export const resnetTraining: Workload = {
  what: "W4",
  about: "training step of ResNet-18 (CIFAR form), SGD with momentum",
  *cases() {
    const net = model();
    const step = trainStep(net, new nn.SGD(net.parameters(), { learningRate: 0.05, momentum: 0.9 }));
    const x = randomTensor([32, 3, 32, 32]);
    const y = randomLabels(32, 10);
    yield { name: "train b32", items: 32, memory: true, run: () => void step(x, y).itemSync() };
  },
};

export const resnetInference: Workload = {
  what: "W4I",
  about: "inference of ResNet-18 (CIFAR form)",
  *cases() {
    const net = model().eval();
    const infer = compile((x: Tensor) => net.forward(x));
    for (const b of [1, 32]) {
      const x = randomTensor([b, 3, 32, 32]);
      yield { name: `infer b${b}`, items: b, run: () => void infer(x) };
    }
  },
};
