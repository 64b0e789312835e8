// Functions with an open batch at two sizes, every operator set, and ops of one's own.

import { defineOp, derive, elementwise, notDifferentiable, sort, type Tensor } from "@prewitt/core";
import { exportOnnx } from "@prewitt/io";
import * as ops from "@prewitt/ops";
import { describe, expect, test } from "vitest";
import { drawn } from "./random-inputs.ts";
import { distance, openSession } from "./runtime.ts";

type Call = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

const weight = drawn([4, 3, 3, 3], 9);
const transposed = drawn([3, 2, 4, 4], 8);

/** Each with the shape of one sample. */
const functions: Readonly<Record<string, readonly [Call, number[]]>> = {
  flatten: [(x) => ops.flatten(x), [3, 4, 5]],
  "batch folded into channels": [(x) => x.reshape([(x.shape[0] as number) * 3, 4, 5]).sum(-1), [3, 4, 5]],
  "channels last": [(x) => x.transpose([0, 2, 3, 1]).reshape([-1, 3]), [3, 4, 5]],
  convolutions: [
    (x) =>
      ops.convTranspose2d(ops.conv2d(x, weight, { stride: 2, padding: "same" }).slice(null, [0, 3]), transposed, {
        stride: 2,
        padding: 1,
      }),
    [3, 8, 8],
  ],
  "pooling, last windows incomplete": [
    (x) => [
      ops.maxPool2d(x, { kernel: 3, stride: 2, ceilMode: true }),
      ops.avgPool2d(x, { kernel: 3, stride: 2, padding: 1, ceilMode: true }),
      ops.adaptiveAvgPool2d(x, [2, 3]),
    ],
    [3, 8, 8],
  ],
  "places of maxima": [
    (x) => {
      const { y, index } = ops.maxPool2dWithIndex(x, 2);
      return [y, index];
    },
    [3, 6, 6],
  ],
  "gates and skips": [
    (x) => {
      const gate = x
        .mean({ axis: [2, 3], keepDims: true })
        .sigmoid()
        .broadcastTo(x.shape);
      return x
        .mul(gate)
        .add(x)
        .div(x.abs().max({ axis: 1, keepDims: true }).add(1));
    },
    [3, 4, 5],
  ],
  resizing: [
    (x) => [
      ops.resize2d(x, { scale: 2 }),
      ops.resize2d(x, { size: [5, 9], mode: "bilinear" }),
      ops.resize2d(x, { size: [5, 7] }),
      ops.resize2d(x, { size: 8, mode: "bilinear", alignCorners: true }),
    ],
    [3, 4, 5],
  ],
  normalisation: [
    (x) => [
      ops.layerNorm(x, { axis: [1, 2, 3] }),
      ops.groupNorm(x, { groups: 2 }),
      ops.localResponseNorm(x, { size: 3 }),
      ops.softmax(x, { axis: 1 }),
    ],
    [4, 3, 5],
  ],
  "classes and losses": [
    (x) => [x.argmax(1), ops.oneHot(x.argmax(1), 7), ops.logSoftmax(x), ops.mse(x.sigmoid(), x.tanh())],
    [7],
  ],
  "the best three": [(x) => sort(x, 1, { descending: true }).values.slice(null, [0, 3]), [7]],
};

async function check(
  call: Call,
  shape: readonly number[],
  options: Parameters<typeof exportOnnx>[2] = {},
): Promise<void> {
  const session = await openSession(await exportOnnx(call, drawn([2, ...shape]), options));
  for (const batch of [1, 4]) {
    const x = drawn([batch, ...shape], batch);
    const expected = [call(x)].flat() as Tensor[];
    const found = await session.run([x]);
    expect(found).toHaveLength(expected.length);
    for (const [i, t] of found.entries())
      expect(await distance(t, expected[i] as Tensor), `output ${i}`).toBeLessThan(2e-5);
  }
}

describe("an open batch", () => {
  for (const [name, [call, shape]] of Object.entries(functions)) test(name, () => check(call, shape));

  test("beside an input without one", async () => {
    const call = (x: Tensor, w: Tensor): Tensor => x.matmul(w);
    const w = drawn([5, 2]);
    const session = await openSession(await exportOnnx(call, [drawn([2, 5]), w], { dynamicBatch: [true, false] }));
    expect(session.inputNames).toEqual(["input0", "input1"]);
    const x = drawn([4, 5]);
    const [y] = (await session.run([x, w])) as [Tensor];
    expect(await distance(y, call(x, w))).toBeLessThan(1e-5);
  });

  test("an input that is handed on, and one result twice", async () => {
    const twice = (x: Tensor) => {
      const y = ops.relu(x);
      return { same: x, once: y, again: y };
    };
    const session = await openSession(await exportOnnx(twice, drawn([2, 3])));
    expect(session.outputNames).toEqual(["same", "once", "again"]);
    const x = drawn([4, 3]);
    const found = await session.run([x]);
    for (const [i, t] of Object.values(twice(x)).entries()) expect(await distance(found[i] as Tensor, t)).toBe(0);
  });
});

describe("operator sets", () => {
  for (const opset of [13, 14, 15, 16, 17, 18, 19, 20, 21]) {
    test(`${opset}`, async () => {
      for (const name of [
        "pooling, last windows incomplete",
        "gates and skips",
        "normalisation",
        "classes and losses",
      ]) {
        const [call, shape] = functions[name] as readonly [Call, number[]];
        await check(call, shape, { opset });
      }
    });
  }
});

describe("ops of one's own", () => {
  const cubed = elementwise<Record<never, never>>({
    // The name of an op of the library, with another meaning.
    name: "relu",
    inputNames: ["x"],
    accepts: "float",
    expression: (e, [x]) => e.binary("mul", e.binary("mul", x as number, x as number), x as number),
    vjp: notDifferentiable("a test"),
  });
  const centred = defineOp<Record<never, never>>({
    name: "centred",
    infer: ({ inputs }) => inputs[0] as Tensor,
    vjp: derive,
    expand: ([x]) => (x as Tensor).sub((x as Tensor).mean({ axis: 1, keepDims: true })),
  });

  test("by their expression, whatever their name, and by their expansion", async () => {
    await check((x) => cubed.apply([x], {}), [5]);
    await check((x) => centred.apply([x], {}), [5]);
  });
});
