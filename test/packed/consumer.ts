// Type-checked by scripts/pack-install.mjs against the installed tarballs, with the strictest options.

import { type Compiled, compile, crossEntropy, defineOp, derive, grad, nn, type Tensor, tensor } from "prewitt";
import "prewitt/data";
import "prewitt/io";
import "prewitt/models";
import "prewitt/nn";
import "prewitt/notebook";
import "prewitt/reference";
import "prewitt/testing";

class Net extends nn.Module {
  readonly conv = new nn.Conv2d({ out: 4, kernel: 3, padding: "same" });
  readonly head = new nn.Sequential(new nn.Flatten(), new nn.Linear({ out: 3 }));
  forward(x: Tensor): Tensor {
    return this.head.forward(this.conv.forward(x));
  }
}

const cubeOp = defineOp<Record<never, never>>({
  name: "cube",
  infer: ({ inputs }) => {
    const [x] = inputs;
    if (x === undefined) throw new Error("cube takes one input");
    return { shape: x.shape, dtype: x.dtype };
  },
  vjp: derive,
  expand: ([x]) => {
    if (x === undefined) throw new Error("cube takes one input");
    return x.mul(x).mul(x);
  },
});

const model: Net = nn.init(new Net(), [1, 6, 6]);
const optimizer = new nn.SGD(model.parameters(), { learningRate: 0.1, momentum: 0.9 });
export const step: Compiled<(x: Tensor, y: Tensor) => Tensor> = compile((x: Tensor, y: Tensor) => {
  const loss = crossEntropy(model.forward(cubeOp.apply([x], {})), y);
  optimizer.step(grad(loss, model.parameters()));
  return loss;
});
export const gradients: { a: Tensor; b: Tensor[] } = (() => {
  const a = tensor(1);
  const b = [tensor([1, 2])];
  return grad(a.mul((b[0] as Tensor).sum()), { a, b });
})();
