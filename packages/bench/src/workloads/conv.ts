/**
 * W2: single convolutions. Activations lie channels-last, as PyTorch is measured with: variables of shape [N, H, W, C],
 * seen as [N, C, H, W] through a view, so that nothing is converted inside the measurement.
 */

import { compile, conv2d, type Tensor, Variable, vjp } from "prewitt";
import { randomTensor } from "../random-data.ts";
import type { Workload } from "../workload.ts";

/** name, N, C, O, H, kernel, padding, groups */
const shapes = [
  ["a", 64, 1, 32, 28, 3, 1, 1],
  ["b", 64, 32, 64, 14, 3, 1, 1],
  ["c", 16, 64, 64, 56, 3, 1, 1],
  ["d", 16, 256, 256, 14, 3, 1, 1],
  ["e", 16, 256, 64, 28, 1, 0, 1],
  ["f", 16, 128, 128, 28, 3, 1, 128],
] as const;

const toLogical = (t: Tensor): Tensor => t.transpose([0, 3, 1, 2]);
const toPhysical = (t: Tensor): Tensor => t.transpose([0, 2, 3, 1]);

export const convWorkload: Workload = {
  what: "W2",
  about: "conv2d, forward and backward",
  *cases() {
    for (const [name, n, c, o, h, k, padding, groups] of shapes) {
      const flops = 2 * n * o * (c / groups) * k * k * h * h;
      const x = new Variable(randomTensor([n, h, h, c]));
      const weight = new Variable(randomTensor([o, c / groups, k, k], 0.1));
      const dy = new Variable(randomTensor([n, h, h, o]));
      const y = new Variable(randomTensor([n, h, h, o]));
      const dx = new Variable(randomTensor([n, h, h, c]));
      const dw = new Variable(randomTensor([o, c / groups, k, k]));
      const forward = compile(() =>
        y.assign(toPhysical(conv2d(toLogical(x.read()), weight.read(), { padding, groups }))),
      );
      yield { name: `${name} fwd`, flops, run: () => forward() };
      const both = compile(() => {
        const inputs = { x: toLogical(x.read()), w: weight.read() };
        const [value, pull] = vjp((v: { x: Tensor; w: Tensor }) => conv2d(v.x, v.w, { padding, groups }), inputs);
        const gradients = pull(toLogical(dy.read()));
        y.assign(toPhysical(value));
        dx.assign(toPhysical(gradients.x));
        dw.assign(gradients.w);
      });
      yield { name: `${name} fwd+bwd`, flops: 3 * flops, run: () => both() };
    }
  },
};
