/** W5: the overhead of a step, on a perceptron so small that arithmetic does not count. */

import { compile, grad, mse, nn, type Tensor, tensor } from "prewitt";
import type { Workload } from "../workload.ts";

const STEPS = 100;

export const perceptronWorkload: Workload = {
  what: "W5",
  about: "full training step of a perceptron 2–16–1",
  *cases() {
    const model = nn.init(new nn.Sequential(new nn.Linear({ out: 16 }), new nn.Tanh(), new nn.Linear({ out: 1 })), [2]);
    const optimizer = new nn.SGD(model.parameters(), { learningRate: 0.1 });
    const x = tensor([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]); // prettier-ignore
    const y = tensor([[0], [1], [1], [0]]);
    const step = compile((x: Tensor, y: Tensor) => {
      const loss = mse(model.forward(x), y);
      optimizer.step(grad(loss, model.parameters()));
      return loss;
    });
    yield {
      name: "mlp step",
      items: STEPS,
      run: () => {
        for (let i = 0; i < STEPS; i++) step(x, y);
      },
    };
  },
};
