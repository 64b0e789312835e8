import { type Shape, streamKey } from "@prewitt/core";
import { Conv2d, type Initializer, init, initializers, Linear } from "@prewitt/nn";
import { describe, expect, test } from "vitest";

const { constant, kaimingNormal, kaimingUniform, normal, ones, uniform, xavierNormal, xavierUniform, zeros } =
  initializers;

function drawn(initializer: Initializer, shape: Shape): ArrayLike<number> {
  const layer = new Conv2d({
    out: shape[0] as number,
    kernel: [shape[2] as number, shape[3] as number],
    weightInitializer: initializer,
    bias: false,
  });
  return init(layer, [shape[1] as number, 8, 8], { dtype: "float64" })
    .weight.read()
    .dataSync();
}

function moments(values: ArrayLike<number>) {
  const list = Array.from(values);
  const mean = list.reduce((a, b) => a + b, 0) / list.length;
  const deviation = Math.sqrt(list.reduce((a, b) => a + (b - mean) ** 2, 0) / list.length);
  return { mean, deviation, min: Math.min(...list), max: Math.max(...list), n: list.length };
}

// 64 filters of 32 × 3 × 3: fan-in 288, fan-out 576, 18,432 numbers.
const SHAPE = [64, 32, 3, 3];

describe.each([
  ["kaimingUniform", kaimingUniform(), Math.sqrt(2 / 288)],
  ["kaimingUniform, fan out, linear", kaimingUniform({ fan: "out", nonlinearity: "linear" }), Math.sqrt(1 / 576)],
  ["kaimingUniform of PyTorch's layers", kaimingUniform({ negativeSlope: Math.sqrt(5) }), Math.sqrt(1 / 3 / 288)],
  ["xavierUniform", xavierUniform(), Math.sqrt(2 / (288 + 576))],
  ["uniform", uniform(-0.25, 0.25), 0.5 / Math.sqrt(12)],
] as const)("%s", (_, initializer, expected) => {
  test("fills its interval evenly", () => {
    const { mean, deviation, min, max, n } = moments(drawn(initializer, SHAPE));
    const bound = Math.sqrt(3) * expected;
    expect(n).toBe(18432);
    expect(min).toBeGreaterThanOrEqual(-bound);
    expect(max).toBeLessThan(bound);
    expect(max - min).toBeGreaterThan(1.998 * bound);
    expect(Math.abs(mean)).toBeLessThan((5 * expected) / Math.sqrt(n));
    // The standard error of the deviation of a uniform distribution is σ √(0.2 / n).
    expect(Math.abs(deviation / expected - 1)).toBeLessThan(5 * Math.sqrt(0.2 / n));
  });
});

describe.each([
  ["kaimingNormal", kaimingNormal(), 0, Math.sqrt(2 / 288)],
  ["kaimingNormal, tanh", kaimingNormal({ nonlinearity: "tanh" }), 0, 5 / 3 / Math.sqrt(288)],
  ["xavierNormal, gain 2", xavierNormal({ gain: 2 }), 0, 2 * Math.sqrt(2 / (288 + 576))],
  ["normal", normal(3, 0.5), 3, 0.5],
] as const)("%s", (_, initializer, center, expected) => {
  test("has the mean, the deviation and the tails of a normal", () => {
    const values = drawn(initializer, SHAPE);
    const { mean, deviation, n } = moments(values);
    expect(Math.abs(mean - center)).toBeLessThan((5 * expected) / Math.sqrt(n));
    expect(Math.abs(deviation / expected - 1)).toBeLessThan(5 / Math.sqrt(2 * n));
    const beyond = (k: number) => Array.from(values).filter((v) => Math.abs(v - center) > k * expected).length / n;
    expect(Math.abs(beyond(1) - 0.3173)).toBeLessThan(0.0172);
    expect(Math.abs(beyond(2) - 0.0455)).toBeLessThan(0.0077);
  });
});

test("constants", () => {
  for (const [initializer, value] of [
    [constant(0.5), 0.5],
    [zeros(), 0],
    [ones(), 1],
  ] as const) {
    expect(new Set(Array.from(drawn(initializer, [2, 3, 1, 1])))).toEqual(new Set([value]));
  }
});

test("the biases of conv and linear lie in ±1/√fan-in, like the weights", () => {
  const conv = init(new Conv2d({ out: 512, kernel: 5 }), [4, 8, 8]);
  const linear = init(new Linear({ out: 512 }), [100]);
  for (const [layer, bound] of [
    [conv, 0.1],
    [linear, 0.1],
  ] as const) {
    for (const values of [layer.weight, layer.bias].map((v) => moments(v?.read().dataSync() ?? []))) {
      expect(Math.max(-values.min, values.max)).toBeLessThanOrEqual(Math.fround(bound));
      expect(Math.max(-values.min, values.max)).toBeGreaterThan(0.98 * bound);
    }
  }
});

test("streams of near names and seeds have nothing in common", () => {
  const keys = new Set<string>();
  for (const s of [0, 1, 2, 2 ** 32, 2 ** 40 + 1]) {
    for (const name of ["", "a", "b", "ab", "ba", "0.weight", "1.weight", "0.weigh", "ä"])
      keys.add(streamKey(s, name).join());
  }
  expect(keys.size).toBe(45);
});
