// Laws of convolution over random geometry (stride × asymmetric padding × dilation × groups), exact on small integers.

import { concat, grad, type Tensor, tensor } from "@prewitt/core";
import {
  type Conv2dOptions,
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
  convTranspose2d,
  flipKernel,
} from "@prewitt/ops";
import { type ConvCase, checkAdjoint, checkGradients, convCases } from "@prewitt/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { at, eachProduct, type Four } from "./loops.ts";

const runs = { numRuns: 60 };

/** A case with integers for x, weight and dy, exact in float32. */
function withIntegers(cases: fc.Arbitrary<ConvCase>) {
  const size = (shape: Four): number => shape.reduce((a, b) => a * b, 1);
  const integers = (shape: Four): fc.Arbitrary<number[]> =>
    fc.array(fc.integer({ min: -4, max: 4 }), { minLength: size(shape), maxLength: size(shape) });
  return cases.chain((c) => fc.tuple(fc.constant(c), integers(c.input), integers(c.weight), integers(c.output)));
}

const small = { maxSize: 7, maxKernel: 3, maxBatch: 2, maxChannels: 2 };
const cases = withIntegers(convCases(small));

function numbers(t: Tensor): number[] {
  return Array.from(t.dataSync(), (v) => v + 0);
}

const make = (values: readonly number[], shape: Four): Tensor => tensor(Float32Array.from(values), { shape });

describe("against plain loops", () => {
  test("conv2d and both gradients", () => {
    fc.assert(
      fc.property(cases, ([c, x, w, dy]) => {
        const wanted = { y: dy.map(() => 0), dx: x.map(() => 0), dw: w.map(() => 0) };
        eachProduct(c.input, c.weight, c.output, c.options, (yi, wi, xi) => {
          wanted.y[yi] = (wanted.y[yi] as number) + (w[wi] as number) * (x[xi] as number);
          wanted.dx[xi] = (wanted.dx[xi] as number) + (w[wi] as number) * (dy[yi] as number);
          wanted.dw[wi] = (wanted.dw[wi] as number) + (dy[yi] as number) * (x[xi] as number);
        });
        const [tx, tw, tdy] = [make(x, c.input), make(w, c.weight), make(dy, c.output)];
        const y = conv2d(tx, tw, c.options);
        expect(numbers(y)).toEqual(wanted.y);
        const [dx, dw] = grad(y.mul(tdy).sum(), [tx, tw]) as readonly [Tensor, Tensor];
        expect(numbers(dx)).toEqual(wanted.dx);
        expect(numbers(dw)).toEqual(wanted.dw);
      }),
      runs,
    );
  });

  test("float64 runs in float64", () => {
    const x = tensor(Float64Array.of(1, 2 ** -40, 0, 1), { shape: [1, 1, 2, 2] });
    const w = tensor(Float64Array.of(1, 1, 0, 0), { shape: [1, 1, 2, 2] });
    const y = conv2d(x, w);
    expect(y.dtype).toBe("float64");
    expect(numbers(y)).toEqual([1 + 2 ** -40]);
    expect(numbers(grad(y.square().sum(), w))).toEqual([
      2 * (1 + 2 ** -40),
      2 ** -39 * (1 + 2 ** -40),
      0,
      2 * (1 + 2 ** -40),
    ]);
  });
});

describe("adjoint, exactly", () => {
  const sizes = (c: ConvCase) => ({
    inputSize: [c.input[2], c.input[3]] as const,
    kernel: [c.weight[2], c.weight[3]] as const,
  });

  test("⟨conv(x, w), y⟩ = ⟨x, convᵀ(y, w)⟩ = ⟨w, weightGradient(x, y)⟩", () => {
    fc.assert(
      fc.property(cases, ([c, xs, ws, ys]) => {
        const [x, w, y] = [make(xs, c.input), make(ws, c.weight), make(ys, c.output)];
        const { inputSize, kernel } = sizes(c);
        checkAdjoint((t) => conv2d(t, w, c.options), x, y);
        checkAdjoint((t) => conv2d(t, w, c.options), x, y, {
          adjoint: (t) => conv2dInputGradient(t, w, { ...c.options, inputSize }),
        });
        checkAdjoint((t) => conv2d(x, t, c.options), w, y, {
          adjoint: (t) => conv2dWeightGradient(x, t, { ...c.options, kernel }),
        });
      }),
      runs,
    );
  });

  test("the gradients themselves, in both arguments", () => {
    fc.assert(
      fc.property(cases, ([c, xs, ws, ys]) => {
        const [x, w, y] = [make(xs, c.input), make(ws, c.weight), make(ys, c.output)];
        const { inputSize, kernel } = sizes(c);
        checkAdjoint((t) => conv2dInputGradient(t, w, { ...c.options, inputSize }), y, x);
        checkAdjoint((t) => conv2dInputGradient(y, t, { ...c.options, inputSize }), w, x);
        checkAdjoint((t) => conv2dWeightGradient(t, y, { ...c.options, kernel }), x, w);
        checkAdjoint((t) => conv2dWeightGradient(x, t, { ...c.options, kernel }), y, w);
      }),
      runs,
    );
  });

  test("convTranspose2d: output padding settles which input size is meant", () => {
    fc.assert(
      fc.property(cases, ([c, , ws, ys]) => {
        const [w, y] = [make(ws, c.weight), make(ys, c.output)];
        const { stride, padding, dilation } = c.options;
        const base = (i: 0 | 1): number =>
          (c.output[(2 + i) as 2] - 1) * stride[i] -
          padding[i][0] -
          padding[i][1] +
          dilation[i] * (c.weight[(2 + i) as 2] - 1) +
          1;
        const outputPadding = [c.input[2] - base(0), c.input[3] - base(1)] as const;
        const x = convTranspose2d(y, w, { ...c.options, outputPadding });
        expect(x.shape).toEqual(c.input);
        const { inputSize } = sizes(c);
        expect(numbers(x)).toEqual(numbers(conv2dInputGradient(y, w, { ...c.options, inputSize })));
      }),
      runs,
    );
  });
});

describe("laws", () => {
  test("linear in x and in the weight", () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 }), ([c, xs, ws], a, b) => {
        const [x, w] = [make(xs, c.input), make(ws, c.weight)];
        const other = make([...xs].reverse(), c.input);
        const filter = make([...ws].reverse(), c.weight);
        const y = conv2d(x, w, c.options);
        const inX = conv2d(x.mul(a).add(other.mul(b)), w, c.options);
        expect(numbers(inX)).toEqual(numbers(y.mul(a).add(conv2d(other, w, c.options).mul(b))));
        const inW = conv2d(x, w.mul(a).add(filter.mul(b)), c.options);
        expect(numbers(inW)).toEqual(numbers(y.mul(a).add(conv2d(x, filter, c.options).mul(b))));
      }),
      runs,
    );
  });

  test("shifting the image by a multiple of the stride shifts the result", () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }), ([c, xs, ws], down, right) => {
        const [x, w] = [make(xs, c.input), make(ws, c.weight)];
        const [sh, sw] = c.options.stride;
        const more = [down * sh, right * sw] as const;
        const [[top, bottom], [left, rest]] = c.options.padding;
        // Zeros outside are what padding means: moving them from the padding into the image changes nothing.
        const shifted = x.pad([
          [0, 0],
          [0, 0],
          [more[0], 0],
          [more[1], 0],
        ]); // prettier-ignore
        const y = conv2d(shifted, w, c.options);
        const wanted = conv2d(x, w, {
          ...c.options,
          padding: [
            [top + more[0], bottom],
            [left + more[1], rest],
          ],
        }); // prettier-ignore
        expect(numbers(y)).toEqual(numbers(wanted));
        const inner = y.slice(null, null, [down, null], [right, null]);
        expect(numbers(inner)).toEqual(numbers(conv2d(x, w, c.options)));
      }),
      runs,
    );
  });

  test("a dilated kernel is a kernel with zeros between its taps", () => {
    fc.assert(
      fc.property(cases, ([c, xs, ws]) => {
        const [dh, dw] = c.options.dilation;
        const [o, i, kh, kw] = c.weight;
        const stuffed: Four = [o, i, dh * (kh - 1) + 1, dw * (kw - 1) + 1];
        const values = new Array<number>(stuffed.reduce((a, b) => a * b, 1)).fill(0);
        for (let f = 0; f < o; f++) {
          for (let g = 0; g < i; g++) {
            for (let k = 0; k < kh; k++) {
              for (let l = 0; l < kw; l++) {
                values[at(stuffed, f, g, k * dh, l * dw)] = ws[at(c.weight, f, g, k, l)] as number;
              }
            }
          }
        }
        const x = make(xs, c.input);
        const y = conv2d(x, make(values, stuffed), { ...c.options, dilation: 1 });
        expect(numbers(y)).toEqual(numbers(conv2d(x, make(ws, c.weight), c.options)));
      }),
      runs,
    );
  });

  test("groups are convolutions of slices, side by side", () => {
    fc.assert(
      fc.property(cases, ([c, xs, ws]) => {
        const [x, w] = [make(xs, c.input), make(ws, c.weight)];
        const { groups, ...rest } = c.options;
        const channels = c.input[1] / groups;
        const filters = c.weight[0] / groups;
        const parts = Array.from({ length: groups }, (_, g) => {
          const image = x.slice(null, [g * channels, (g + 1) * channels]);
          return conv2d(image, w.slice([g * filters, (g + 1) * filters]), rest);
        });
        expect(numbers(concat(parts, 1))).toEqual(numbers(conv2d(x, w, c.options)));
      }),
      runs,
    );
  });

  test("padding is a border of zeros; same keeps ⌈size / stride⌉ outputs", () => {
    fc.assert(
      fc.property(cases, ([c, xs, ws]) => {
        const [x, w] = [make(xs, c.input), make(ws, c.weight)];
        const padded = x.pad([[0, 0], [0, 0], ...c.options.padding]); // prettier-ignore
        const valid = conv2d(padded, w, { ...c.options, padding: "valid" });
        expect(numbers(valid)).toEqual(numbers(conv2d(x, w, c.options)));
        const same = conv2d(x, w, { ...c.options, padding: "same" });
        const [sh, sw] = c.options.stride;
        expect(same.shape.slice(2)).toEqual([Math.ceil(c.input[2] / sh), Math.ceil(c.input[3] / sw)]);
      }),
      runs,
    );
  });

  test("with the kernel flipped it is the convolution of mathematics: Σ I(i − m, j − n) K(m, n)", () => {
    fc.assert(
      fc.property(cases, ([c, xs, ws]) => {
        const [kh, kw] = [c.weight[2], c.weight[3]];
        const [h, w] = [c.input[2], c.input[3]];
        const image: Four = [1, 1, h, w];
        const x = xs.slice(0, h * w);
        const k = ws.slice(0, kh * kw);
        const wanted: number[] = [];
        for (let i = 0; i < h + kh - 1; i++) {
          for (let j = 0; j < w + kw - 1; j++) {
            let sum = 0;
            for (let m = 0; m < kh; m++) {
              for (let n = 0; n < kw; n++) {
                const inside = i - m >= 0 && i - m < h && j - n >= 0 && j - n < w;
                if (inside) sum += (x[(i - m) * w + j - n] as number) * (k[m * kw + n] as number);
              }
            }
            wanted.push(sum);
          }
        }
        const y = conv2d(make(x, image), flipKernel(make(k, [1, 1, kh, kw])), { padding: [kh - 1, kw - 1] });
        expect(numbers(y)).toEqual(wanted.map((v) => v + 0));
      }),
      runs,
    );
  });

  test("a bias is added to every position of its plane, and its gradient is their number", () => {
    const bias = tensor([10, 20]);
    const y = conv2d(make([1, 2, 3, 4], [1, 1, 2, 2]), make([1, 2], [2, 1, 1, 1]), { bias });
    expect(numbers(y)).toEqual([11, 12, 13, 14, 22, 24, 26, 28]);
    expect(numbers(grad(y.sum(), bias))).toEqual([4, 4]);
  });
});

test("derivatives of third and fourth order", () => {
  const options: Conv2dOptions = {
    stride: [2, 1],
    padding: [
      [1, 0],
      [0, 1],
    ],
    dilation: [1, 2],
    groups: 2,
  }; // prettier-ignore
  const random = (shape: Four, salt: number): Tensor =>
    tensor(
      Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 1.7 + salt)),
      { shape },
    );
  const secondDerivatives = (x: Tensor, w: Tensor): readonly Tensor[] => {
    const loss = conv2d(x, w, options).square().mul(0.5).sum();
    const [dx, dw] = grad(loss, [x, w]) as readonly [Tensor, Tensor];
    return grad(dx.square().sum().add(dw.square().sum()), [x, w]) as readonly Tensor[];
  };
  checkGradients(secondDerivatives, [random([1, 2, 4, 5], 0), random([4, 1, 2, 2], 1)], { order: 2 });
});
