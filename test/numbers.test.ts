// Odd sizes and special values on both executors: sizes of 1, empty tensors, channels that no vector divides, kernels
// larger than the input, huge and tiny values, NaN and infinity as IEEE arithmetic and PyTorch have them.

import { wasmExecutor } from "@prewitt/wasm";
import {
  avgPool2d,
  concat,
  conv2d,
  convTranspose2d,
  crossEntropy,
  cumsum,
  type Executor,
  grad,
  IndexError,
  logSoftmax,
  maxPool2d,
  maxPool2dWithIndex,
  maxPoolGrad,
  referenceExecutor,
  relu,
  softmax,
  sort,
  type Tensor,
  tensor,
  useExecutor,
  where,
  zeros,
} from "prewitt";
import { describe, expect, test } from "vitest";

const [nan, inf] = [Number.NaN, Number.POSITIVE_INFINITY];

const executors: readonly [string, Executor][] = [
  ["reference", referenceExecutor()],
  ["wasm", wasmExecutor({ threads: 2 })],
];

const numbers = (t: Tensor): number[] => Array.from(t.dataSync());

/** NaN equals NaN; the sign of zero counts. */
function expectNumbers(t: Tensor, expected: readonly number[]): void {
  const actual = numbers(t);
  expect(actual).toHaveLength(expected.length);
  const at = actual.findIndex((value, i) => !Object.is(value, expected[i]));
  if (at >= 0) throw new Error(`element ${at} is ${actual[at]}, not ${expected[at]} of [${expected.join(", ")}]`);
}

describe.each(executors)("NaN and infinity on %s", (_name, executor) => {
  const run = (name: string, body: () => void): void =>
    test(name, () => {
      using _ = useExecutor(executor);
      body();
    });
  const x = (): Tensor => tensor([1, nan, -inf, inf, -0, 0, -2]);

  run("maximum, minimum, clamp and relu hand NaN on", () => {
    expectNumbers(x().maximum(0.5), [1, nan, 0.5, inf, 0.5, 0.5, 0.5]);
    expectNumbers(x().minimum(0.5), [0.5, nan, -inf, 0.5, -0, 0, -2]);
    expectNumbers(tensor([1, nan]).maximum(tensor([nan, 1])), [nan, nan]);
    expectNumbers(x().clamp(-1, 1), [1, nan, -1, 1, -0, 0, -1]);
    expectNumbers(relu(x()).abs(), [1, nan, 0, inf, 0, 0, 0]);
  });

  run("max, min, argmax and argmin over axes: NaN wins, the first one", () => {
    const m = tensor([
      [1, nan, 3, nan],
      [inf, 2, inf, -inf],
      [-inf, -inf, -inf, -inf],
    ]);
    expectNumbers(m.max({ axis: 1 }), [nan, inf, -inf]);
    expectNumbers(m.min({ axis: 1 }), [nan, -inf, -inf]);
    expectNumbers(m.argmax({ axis: 1 }), [1, 0, 0]);
    expectNumbers(m.argmin({ axis: 1 }), [1, 3, 0]);
    expectNumbers(m.transpose([1, 0]).argmax({ axis: 0 }), [1, 0, 0]);
    expectNumbers(m.max(), [nan]);
  });

  run("sums: infinities of both signs are NaN", () => {
    const m = tensor([
      [1, inf, 2],
      [inf, -inf, 0],
      [nan, 1, 1],
    ]);
    expectNumbers(m.sum({ axis: 1 }), [inf, nan, nan]);
    expectNumbers(m.mean({ axis: 1 }), [inf, nan, nan]);
    expectNumbers(cumsum(m, 1), [1, inf, inf, inf, nan, nan, nan, nan, nan]);
    expectNumbers(m.matmul(tensor([[1], [0], [0]])), [nan, nan, nan]);
  });

  run("sort: NaN counts as greatest, equal values keep their order", () => {
    const { values, indices } = sort(tensor([3, nan, -inf, 3, inf, nan, 0]), 0);
    expectNumbers(values, [-inf, 0, 3, 3, inf, nan, nan]);
    expectNumbers(indices, [2, 6, 0, 3, 4, 1, 5]);
    expectNumbers(sort(tensor([1, nan, 2]), 0, { descending: true }).values, [nan, 2, 1]);
  });

  run("max-pooling: NaN wins, −∞ is a value, padding never wins", () => {
    const image = tensor([
      [
        [
          [1, nan, -inf, -inf],
          [5, 2, -inf, -inf],
        ],
      ],
    ]);
    expectNumbers(maxPool2d(image, 2), [nan, -inf]);
    const { y, index } = maxPool2dWithIndex(image, { kernel: 3, stride: 2, padding: 1 });
    expectNumbers(y, [nan, nan]);
    expectNumbers(index, [1, 1]);
    expectNumbers(
      grad(
        maxPool2d(
          tensor([
            [
              [
                [-inf, -inf],
                [-inf, -inf],
              ],
            ],
          ]),
          2,
        ).sum(),
        image,
        { unused: "zeros" },
      ),
      new Array(8).fill(0),
    );
  });

  run("average pooling spreads NaN to the windows that cover it", () => {
    const image = tensor([
      [
        [
          [1, nan, 3, 5],
          [1, 1, 3, 1],
        ],
      ],
    ]);
    expectNumbers(avgPool2d(image, 2), [nan, 3]);
  });

  run("softmax and log-softmax: large values are safe, +∞ and NaN make the row NaN, −∞ is probability 0", () => {
    const rows = tensor([
      [1e4, 1e4, -1e4, -inf],
      [inf, 1, 2, 3],
      [nan, 1, 2, 3],
      [-inf, -inf, -inf, -inf],
      [-3e38, 3e38, 0, 0],
    ]);
    expectNumbers(softmax(rows, { axis: 1 }), [
      ...[0.5, 0.5, 0, 0],
      ...[nan, nan, nan, nan],
      ...[nan, nan, nan, nan],
      ...[nan, nan, nan, nan],
      ...[0, 1, 0, 0],
    ]);
    const log = numbers(logSoftmax(rows, { axis: 1 }));
    expect(log.slice(0, 2)).toEqual([expect.closeTo(-Math.LN2, 5), expect.closeTo(-Math.LN2, 5)]);
    expect(log.slice(2, 4)).toEqual([Math.fround(-2e4 - Math.LN2), -inf]);
    expect(log.slice(4, 16).every(Number.isNaN)).toBe(true);
    expect(log[17]).toBe(0);
  });

  run("cross-entropy of a sure and right answer is 0, of a sure and wrong one large, never NaN", () => {
    const logits = tensor([
      [1e4, 0],
      [1e4, 0],
    ]);
    expectNumbers(crossEntropy(logits, tensor([0, 0], { dtype: "int32" })).abs(), [0]);
    expectNumbers(crossEntropy(logits, tensor([1, 1], { dtype: "int32" })), [1e4]);
  });

  run("functions at the ends of their ranges", () => {
    const v = tensor([-inf, -1e30, -0, 0, 1e30, inf, nan]);
    expectNumbers(v.exp(), [0, 0, 1, 1, inf, inf, nan]);
    expectNumbers(v.tanh(), [-1, -1, -0, 0, 1, 1, nan]);
    expectNumbers(v.sigmoid(), [0, 0, 0.5, 0.5, 1, 1, nan]);
    expectNumbers(v.sqrt(), [nan, nan, -0, 0, Math.fround(Math.sqrt(Math.fround(1e30))), inf, nan]);
    expectNumbers(tensor([-1, -0, 0, inf]).log(), [nan, -inf, -inf, inf]);
    expectNumbers(tensor([1, -1, 0, inf]).div(tensor([0, 0, 0, inf])), [inf, -inf, nan, nan]);
    expectNumbers(tensor([-0, 0]).reciprocal(), [-inf, inf]);
  });

  run("tiny and huge values: subnormals live, overflow is infinite", () => {
    const tiny = 2 ** -140;
    expectNumbers(tensor([tiny, -tiny]).mul(0.5), [tiny / 2, -tiny / 2]);
    expectNumbers(tensor([tiny, tiny]).sum(), [2 * tiny]);
    expectNumbers(tensor([[tiny, 0]]).matmul(tensor([[1], [1]])), [tiny]);
    expectNumbers(tensor([3e38, 3e38]).mul(2), [inf, inf]);
    expectNumbers(tensor([3e38, 3e38, -3e38]).mean(), [1e38].map(Math.fround));
    expectNumbers(tensor([1e30, 1e-30]).square(), [inf, 0]);
  });

  run("where keeps NaN of the other branch out, forward and in the gradient by the documented idiom", () => {
    const v = tensor([4, -1]);
    expectNumbers(where(v.greater(0), v.sqrt(), 0), [2, 0]);
    const safe = where(v.greater(0), v, 1);
    expectNumbers(grad(where(v.greater(0), safe.sqrt(), 0).sum(), v), [0.25, 0]);
  });

  run("a convolution hands NaN to the outputs that read it, and at most to their tile", () => {
    const image = (bad: number): Tensor =>
      tensor(
        Float32Array.from({ length: 81 }, (_, i) => (i === 40 ? bad : 1)),
        { shape: [1, 1, 9, 9] },
      );
    const weight = tensor(new Float32Array(9).fill(1), { shape: [1, 1, 3, 3] });
    for (const bad of [nan, inf]) {
      const y = numbers(conv2d(image(bad), weight, { padding: 1 }));
      y.forEach((value, i) => {
        const near = Math.abs(Math.floor(i / 9) - 4) <= 1 && Math.abs((i % 9) - 4) <= 1;
        expect(Object.is(value, near ? bad : value) && (near || Number.isFinite(value))).toBe(true);
      });
    }
  });
});

describe.each(executors)("odd sizes on %s", (_name, executor) => {
  const run = (name: string, body: () => void): void =>
    test(name, () => {
      using _ = useExecutor(executor);
      body();
    });

  run("empty tensors: maps, sums, products, concatenation, convolution over no images", () => {
    const none = zeros([0, 3]);
    expectNumbers(none.add(1).exp(), []);
    expectNumbers(none.sum({ axis: 0 }), [0, 0, 0]);
    expectNumbers(none.sum(), [0]);
    expectNumbers(zeros([2, 0]).matmul(zeros([0, 3])), [0, 0, 0, 0, 0, 0]);
    expectNumbers(concat([none, tensor([[1, 2, 3]])], 0), [1, 2, 3]);
    expectNumbers(cumsum(none, 1), []);
    expectNumbers(sort(none, 1).values, []);
    const [images, w] = [zeros([0, 2, 5, 5]), zeros([4, 2, 3, 3]).add(1)];
    const y = conv2d(images, w, { padding: 1 });
    expect(y.shape).toEqual([0, 4, 5, 5]);
    expectNumbers(y, []);
    expectNumbers(maxPool2d(images, 2), []);
    expectNumbers(grad(y.sum(), w), new Array(72).fill(0));
  });

  run("a kernel larger than the input, with padding", () => {
    const x = tensor([[[[2]]]]);
    const w = tensor(
      Float32Array.from({ length: 25 }, (_, i) => i),
      { shape: [1, 1, 5, 5] },
    );
    expectNumbers(conv2d(x, w, { padding: 2 }), [24]);
    expectNumbers(conv2d(x, w, { padding: 3 }), [36, 34, 32, 26, 24, 22, 16, 14, 12]);
    expectNumbers(grad(conv2d(x, w, { padding: 2 }).sum(), x), [12]);
    expectNumbers(convTranspose2d(x, w.slice(null, null, [0, 2], [0, 2])), [0, 2, 10, 12]);
    expectNumbers(avgPool2d(x, { kernel: 3, padding: 1 }), [Math.fround(2 / 9)]);
  });

  run("sizes of 1 everywhere", () => {
    const one = tensor([[[[3]]]]);
    expectNumbers(conv2d(one, tensor([[[[2]]]])), [6]);
    expectNumbers(maxPool2d(one, 1), [3]);
    expectNumbers(softmax(one.reshape([1, 1]), { axis: 1 }), [1]);
    expectNumbers(one.variance(), [0]);
    expectNumbers(grad(one.mul(one).sum(), one), [6]);
  });

  // Whole numbers: every order of summation gives the same bits.
  const whole = (shape: readonly number[], step: number): Tensor =>
    tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((i * step) % 7) - 3),
      { shape },
    );

  run("channels and filters that 4 and 8 do not divide, batch 1, odd images: convolution against its sums", () => {
    for (const [c, o, h, w, groups] of [
      [1, 1, 1, 1, 1],
      [3, 5, 7, 5, 1],
      [5, 3, 1, 9, 1],
      [7, 13, 6, 1, 1],
      [9, 18, 5, 5, 3],
      [11, 11, 4, 3, 11],
      [17, 9, 3, 3, 1],
      [23, 29, 9, 8, 1],
    ] as const) {
      const x = whole([1, c, h, w], 5);
      const weight = whole([o, c / groups, 3, 3], 3);
      const y = conv2d(x, weight, { padding: 1, groups });
      // As a sum over taps of shifted, padded images times columns of the weight.
      const padded = x.pad([
        [0, 0],
        [0, 0],
        [1, 1],
        [1, 1],
      ]);
      const taps = [0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => [i, j] as const));
      const perGroup = Array.from({ length: groups }, (_, g) => {
        const [cg, og] = [c / groups, o / groups];
        const terms = taps.map(([i, j]) => {
          const part = padded.slice(null, [g * cg, (g + 1) * cg], [i, i + h], [j, j + w]).reshape([cg, h * w]);
          return weight
            .slice([g * og, (g + 1) * og], null, i, j)
            .reshape([og, cg])
            .matmul(part);
        });
        return terms.reduce((a, b) => a.add(b));
      });
      const expected = numbers(concat(perGroup, 0)).map((v) => v + 0);
      expect(numbers(y).map((v) => Math.round(v * 256) / 256 + 0)).toEqual(expected);
      const loss = y.mul(whole(y.shape, 2)).sum();
      const [dx, dw] = grad(loss, [x, weight]) as unknown as [Tensor, Tensor];
      // ⟨∇x, x⟩ = ⟨∇w, w⟩ = the loss, as it is bilinear.
      const value = loss.itemSync();
      expect(dx.mul(x).sum().itemSync()).toBeCloseTo(value, 1);
      expect(dw.mul(weight).sum().itemSync()).toBeCloseTo(value, 1);
    }
  });

  run("an index of one's own outside its plane is refused when it runs", () => {
    const dy = tensor([[[[1, 2]]]]);
    const index = tensor([[[[1, 4]]]], { dtype: "int32" });
    const run = (): unknown => maxPoolGrad(dy, index, { kernel: [2, 1], inputSize: [2, 2] }).dataSync();
    expect(run).toThrow(IndexError);
    expect(run).toThrow(/^\[maxPoolGrad\] index 4 at position \[0, 0, 0, 1\] is outside the H×W plane of 2 × 2\n/);
  });
});
