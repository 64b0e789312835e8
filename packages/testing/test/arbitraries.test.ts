import { broadcastShapes, sizeOf, stridesOf, windowAxis } from "@prewitt/core";
import {
  axes,
  axis,
  broadcastPairs,
  convCases,
  permutations,
  poolCases,
  shapes,
  tensorCode,
  tensors,
} from "@prewitt/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

/** Whether some of many draws fulfil a condition: that an arbitrary reaches the interesting cases. */
function reaches<T>(arbitrary: fc.Arbitrary<T>, condition: (value: T) => boolean): boolean {
  return fc.sample(arbitrary, { numRuns: 500, seed: 1 }).some(condition);
}

describe("shapes and axes", () => {
  test("stay within their bounds and reach them", () => {
    fc.assert(
      fc.property(
        shapes({ minRank: 1, maxRank: 3, minExtent: 0, maxExtent: 4 }),
        (s) => s.length >= 1 && s.length <= 3 && s.every((n) => n >= 0 && n <= 4),
      ),
    );
    expect(reaches(shapes(), (s) => s.length === 0)).toBe(true);
    expect(reaches(shapes(), (s) => s.length === 4 && sizeOf(s) > 100)).toBe(true);
  });

  test("axes are axes, none twice", () => {
    fc.assert(
      fc.property(
        axes(4),
        (list) => new Set(list.map((a) => (a + 4) % 4)).size === list.length && list.every((a) => a >= -4 && a < 4),
      ),
    );
    expect(reaches(axis(3), (a) => a === -3)).toBe(true);
    expect(reaches(permutations(3), (p) => p.join() === "2,0,1")).toBe(true);
  });

  test("broadcast pairs broadcast to their result", () => {
    fc.assert(fc.property(broadcastPairs(), ({ a, b, result }) => void expect(broadcastShapes(a, b)).toEqual(result)));
    expect(
      reaches(broadcastPairs(), ({ a, b }) => a.some((n, i) => n < (b[i] ?? 0)) && a.some((n, i) => n > (b[i] ?? n))),
    ).toBe(true);
  });
});

describe("tensors", () => {
  test("integers, ties and special values", () => {
    fc.assert(
      fc.property(tensors({ values: "integers", min: -3, max: 3 }), (t) =>
        t.dataSync().every((v) => Number.isInteger(v) && Math.abs(v) <= 3),
      ),
    );
    fc.assert(fc.property(tensors({ values: "ties", shape: [30] }), (t) => new Set(t.dataSync()).size <= 3));
    expect(reaches(tensors({ values: "special", shape: [8] }), (t) => t.dataSync().some(Number.isNaN))).toBe(true);
    fc.assert(
      fc.property(
        tensors({ dtype: "bool" }),
        (t) => t.dtype === "bool" && t.dataSync().every((v) => v === 0 || v === 1),
      ),
    );
  });

  test("print as the code that makes them", () => {
    const [t] = fc.sample(tensors({ shape: [2, 1], dtype: "int32" }), { numRuns: 1, seed: 4 });
    expect(fc.stringify(t)).toBe(tensorCode(t!.dataSync(), [2, 1], "int32"));
    expect(fc.stringify(t)).toMatch(/^tensor\(\[-?\d, -?\d\], \{ shape: \[2, 1\], dtype: "int32" \}\)$/);
  });
});

describe("windows", () => {
  test("convolutions fit, and their output is what counting windows gives", () => {
    fc.assert(
      fc.property(convCases(), ({ input, weight, output, options, geometry }) => {
        expect(input[1]).toBe(options.groups * (weight[1] as number));
        expect((weight[0] as number) % options.groups).toBe(0);
        geometry.axes.forEach((a, i) => {
          const [before, after] = options.padding[i]!;
          let windows = 0;
          while (windows * a.stride + a.dilation * (a.kernel - 1) < a.input + before + after) windows++;
          expect(windows).toBeGreaterThan(0);
          expect(output[2 + i]).toBe(windows);
        });
      }),
    );
  });

  test("convolutions reach asymmetric padding, dilation, stride and groups at once", () => {
    expect(
      reaches(
        convCases(),
        ({ options: o }) => o.groups > 1 && o.padding[0][0] !== o.padding[0][1] && o.dilation[0] > 1 && o.stride[1] > 1,
      ),
    ).toBe(true);
    // Elements past the last window: the case that input gradients get wrong.
    expect(
      reaches(
        convCases(),
        ({
          geometry: {
            axes: [h],
          },
        }) => h.input + h.padBefore + h.padAfter > (h.output - 1) * h.stride + h.dilation * (h.kernel - 1) + 1,
      ),
    ).toBe(true); // prettier-ignore
  });

  test("every pooling window sees an element", () => {
    fc.assert(
      fc.property(poolCases(), ({ geometry, options }) => {
        for (const a of geometry.axes) {
          expect(a).toEqual(windowAxis({ ...a, padding: [a.padBefore, a.padAfter], ceilMode: options.ceilMode }));
          for (let p = 0; p < a.output; p++) {
            const taps = Array.from({ length: a.kernel }, (_, k) => p * a.stride - a.padBefore + k * a.dilation);
            expect(taps.some((i) => i >= 0 && i < a.input)).toBe(true);
          }
        }
      }),
    );
    expect(reaches(poolCases(), ({ options: o }) => o.ceilMode && o.padding[1][0] !== o.padding[1][1])).toBe(true);
    expect(stridesOf([2, 3])).toEqual([3, 1]);
  });
});
