/** W1: square matrix products. Operands and result stay in the executor's memory. */

import { compile, Variable } from "prewitt";
import { randomTensor } from "../random-data.ts";
import type { Workload } from "../workload.ts";

export const matmulWorkload: Workload = {
  what: "W1",
  about: "matrix product",
  *cases() {
    for (const n of [512, 1024]) {
      const a = new Variable(randomTensor([n, n]));
      const b = new Variable(randomTensor([n, n]));
      const c = new Variable(randomTensor([n, n]));
      const run = compile(() => c.assign(a.read().matmul(b.read())));
      yield { name: `${n}^3`, flops: 2 * n ** 3, run: () => run() };
    }
  },
};
