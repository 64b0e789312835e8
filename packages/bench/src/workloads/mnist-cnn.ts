/** W3, W3I: training and inference of the MNIST CNN. The loss is read after every step. */

import { compile, crossEntropy, grad, nn, type Tensor } from "prewitt";
import { randomLabels, randomTensor } from "../random-data.ts";
import type { Workload } from "../workload.ts";

export function mnistCnn(): nn.Sequential {
  const model = new nn.Sequential(
    new nn.Conv2d({ out: 32, kernel: 3, padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d({ out: 64, kernel: 3, padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear({ out: 128 }),
    new nn.ReLU(),
    new nn.Linear({ out: 10 }),
  );
  return nn.init(model, [1, 28, 28]);
}

/** One training step on a batch, as a user writes it; `prepare` turns what the loader gives into what the model reads. */
export function trainStep(
  model: nn.Module,
  optimizer: nn.Optimizer,
  prepare: (x: Tensor) => Tensor = (x) => x,
): (x: Tensor, y: Tensor) => Tensor {
  return compile((x: Tensor, y: Tensor) => {
    const loss = crossEntropy(model.forward(prepare(x)) as Tensor, y);
    optimizer.step(grad(loss, model.parameters()));
    return loss;
  });
}

export const mnistTraining: Workload = {
  what: "W3",
  about: "training step of the MNIST CNN, Adam",
  *cases({ batch }) {
    for (const b of batch === undefined ? [64, 128] : [batch]) {
      const model = mnistCnn();
      const step = trainStep(model, new nn.Adam(model.parameters(), { learningRate: 1e-3 }));
      // Several batches in turn, as training has it: the copy into the executor's memory is part of the step.
      const batches = Array.from({ length: 8 }, () => ({ x: randomTensor([b, 1, 28, 28]), y: randomLabels(b, 10) }));
      let i = 0;
      yield {
        name: `train b${b}`,
        items: b,
        memory: true,
        run: () => {
          const { x, y } = batches[i++ % batches.length] as (typeof batches)[number];
          step(x, y).itemSync();
        },
      };
    }
  },
};

export const mnistInference: Workload = {
  what: "W3I",
  about: "inference of the MNIST CNN",
  *cases() {
    const model = mnistCnn().eval();
    const infer = compile((x: Tensor) => model.forward(x));
    for (const b of [1, 64]) {
      const x = randomTensor([b, 1, 28, 28]);
      yield { name: `infer b${b}`, items: b, run: () => void infer(x) };
    }
  },
};
