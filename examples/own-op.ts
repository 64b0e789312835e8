/**
 * An op of one's own with a gradient, checked, and then used in a network: swish with a slope β that is learned.
 *
 *     y = x · s,  s = σ(βx)        ∂y/∂x = s + βx · s(1 − s)        ∂y/∂β = x² · s(1 − s)
 *
 * P. Ramachandran, B. Zoph, Q. V. Le, "Searching for activation functions", 2017.
 */

import assert from "node:assert/strict";
import { compile, defineOp, grad, nn, seed, type Tensor, tensor, Variable } from "prewitt";
import { checkGradients } from "prewitt/testing";
import { readOptions } from "./shared/options.ts";

readOptions({});

/** The op, with the sign of β's gradient as a parameter, so that we can get it wrong on purpose. */
const defineSwish = (sign: 1 | -1) =>
  defineOp<Record<never, never>>({
    name: "learnedSwish",
    inputNames: ["x", "beta"],
    infer: ({ inputs: [x] }) => ({ shape: x!.shape, dtype: x!.dtype }),
    // One cotangent per input. β is a scalar: the engine sums its cotangent over what was broadcast.
    vjp: ({ inputs: [x, beta], dy }) => {
      const s = beta!.mul(x!).sigmoid();
      const slope = s.mul(s.neg().add(1));
      return [dy.mul(s.add(beta!.mul(x!).mul(slope))), dy.mul(x!.square()).mul(slope).mul(sign)];
    },
    expand: ([x, beta]) => x!.mul(beta!.mul(x!).sigmoid()),
  });

const swishOp = defineSwish(1);
const swish = (x: Tensor, beta: Tensor): Tensor => swishOp.apply([x, beta], {});

console.log("The rule against differences in float64, first and second order, every entry:");
const inputs = [tensor([-3, -0.5, 0, 0.5, 3]), tensor(1.5)];
const check = { order: 2, mode: "full", names: ["x", "beta"] } as const;
console.log(`${checkGradients(swish, inputs, check)}\n`);

console.log("The same with a wrong sign:");
const wrongOp = defineSwish(-1);
const wrong = checkGradients((x, beta) => wrongOp.apply([x as Tensor, beta as Tensor], {}), inputs, {
  ...check,
  throws: false,
});
assert.equal(wrong.ok, false);
console.log(`${wrong}\n`);

console.log("In a network: one hidden layer learns y = |x|, and its slope β is learned with it.");
class Net extends nn.Module {
  hidden = new nn.Linear({ out: 16 });
  beta = new Variable(tensor(1));
  out = new nn.Linear({ out: 1 });
  forward(x: Tensor): Tensor {
    return this.out.forward(swish(this.hidden.forward(x), this.beta.read()));
  }
}

seed(3);
const model = nn.init(new Net(), [1]);
const optimizer = new nn.Adam(model.parameters(), { learningRate: 0.02 });
const x = tensor(Array.from({ length: 64 }, (_, i) => [(i - 31.5) / 16]));
const step = compile(() => {
  const loss = model.forward(x).sub(x.abs()).square().mean();
  optimizer.step(grad(loss, model.parameters()));
  return loss;
});
const first = await step().item();
for (let i = 0; i < 300; i++) await step().item();
const last = await step().item();
console.log(
  `loss ${first.toPrecision(4)} → ${last.toPrecision(4)}, β 1 → ${(await model.beta.read().item()).toFixed(3)}`,
);
assert.ok(last < first / 20, "the network learned");
