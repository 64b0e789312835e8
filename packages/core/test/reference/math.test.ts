import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { threefry2x32 } from "../../src/random/threefry.ts";
import { divideInt, erf, pow, powInt, roundEven, sigmoid, toInt32, toUint8 } from "../../src/reference/math.ts";

describe("erf", () => {
  // Maclaurin series in exact order; its terms stay small enough for |x| ≤ 1.5 that little is lost.
  const series = (x: number): number => {
    let term = x;
    let sum = x;
    for (let n = 1; n < 80; n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  };
  it("agrees with its series", () => {
    for (let x = -1.5; x <= 1.5; x += 0.01) expect(Math.abs(erf(x) - series(x))).toBeLessThan(1e-15);
  });
  it("has the values of the tables", () => {
    const table: [number, number][] = [
      [0.5, 0.5204998778130465],
      [0.84375, 0.7672256612323416],
      [1, 0.8427007929497149],
      [1.25, 0.9229001282564582],
      [2, 0.9953222650189527],
      [2.857, 0.9999466417399131],
      [3.5, 0.9999992569016276],
    ];
    for (const [x, y] of table) {
      expect(Math.abs(erf(x) - y)).toBeLessThan(3e-16);
      expect(erf(-x)).toBe(-erf(x));
    }
    expect([erf(0), erf(-0), erf(7), erf(-7), erf(Infinity), erf(NaN)]).toEqual([0, -0, 1, -1, 1, NaN]);
  });
});

describe("sigmoid", () => {
  it("neither overflows nor loses small results", () => {
    expect([sigmoid(0), sigmoid(1000), sigmoid(-1000), sigmoid(Infinity), sigmoid(-Infinity)]).toEqual([
      0.5, 1, 0, 1, 0,
    ]);
    expect(sigmoid(-700) / Math.exp(-700)).toBeCloseTo(1, 14);
    expect(sigmoid(NaN)).toBeNaN();
  });
});

describe("rounding", () => {
  it("sends halves to the even integer and keeps the sign of zero", () => {
    const xs = [
      0.5,
      1.5,
      2.5,
      -0.5,
      -1.5,
      -2.5,
      0.49999999999999994,
      -0.2,
      2.4,
      2.6,
      -0,
      4503599627370495.5,
      Infinity,
      -Infinity,
      NaN,
    ];
    expect(xs.map(roundEven)).toEqual([
      0,
      2,
      2,
      -0,
      -2,
      -2,
      0,
      -0,
      2,
      3,
      -0,
      4503599627370496,
      Infinity,
      -Infinity,
      NaN,
    ]);
  });
  it("saturates casts, and NaN gives 0", () => {
    const xs = [1.9, -1.9, 3e9, -3e9, Infinity, -Infinity, NaN, 255.9, 256, -0.5];
    expect(xs.map(toInt32)).toEqual([1, -1, 2147483647, -2147483648, 2147483647, -2147483648, 0, 255, 256, 0]);
    expect(xs.map(toUint8)).toEqual([1, 0, 255, 0, 255, 0, 0, 255, 255, 0]);
  });
});

describe("powers and quotients", () => {
  it("has IEEE's power of ±1", () => {
    expect([pow(1, NaN), pow(1, Infinity), pow(-1, Infinity), pow(-1, -Infinity), pow(2, 0.5)]).toEqual([
      1,
      1,
      1,
      1,
      Math.SQRT2,
    ]);
    expect([pow(NaN, 0), pow(-8, 1 / 3), pow(0, -1)]).toEqual([1, NaN, Infinity]);
  });
  it("wraps integer powers like repeated multiplication", () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(40), (a, b) => {
        let product = 1;
        for (let i = 0; i < b; i++) product = Math.imul(product, a);
        expect(powInt(a, b)).toBe(product);
      }),
    );
    expect([powInt(1, -3), powInt(-1, -3), powInt(-1, -4), powInt(2, -1)]).toEqual([1, -1, 1, 0]);
  });
  it("truncates integer quotients", () => {
    const pairs: [number, number][] = [
      [7, 2],
      [-7, 2],
      [7, -2],
      [5, 0],
      [0, 0],
      [-2147483648, -1],
      [2147483647, 1],
    ]; // prettier-ignore
    expect(pairs.map(([a, b]) => divideInt(a, b))).toEqual([3, -3, -3, 0, 0, -2147483648, 2147483647]);
  });
});

describe("threefry2x32", () => {
  it("gives the known answers of Random123 (kat_vectors, threefry 2 32 20)", () => {
    const hex = (words: [number, number]): string => words.map((w) => w.toString(16).padStart(8, "0")).join(" ");
    expect(hex(threefry2x32(0, 0, 0, 0))).toBe("6b200159 99ba4efe");
    const all = 0xffffffff;
    expect(hex(threefry2x32(all, all, all, all))).toBe("1cb996fc bb002be7");
    expect(hex(threefry2x32(0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3))).toBe("c4923a9c 483df7a0");
  });
  it("does not care whether words are signed", () => {
    expect(threefry2x32(-1, -1, -1, -1)).toEqual(threefry2x32(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff));
  });
});
