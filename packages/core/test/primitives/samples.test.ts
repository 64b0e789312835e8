/**
 * Every base op on its samples: shapes and values as stated, gradients at kinks as stated, errors with their messages.
 */

import {
  allOps,
  type DType,
  grad,
  isFloat,
  type OpCase,
  PrewittError,
  type SampleInput,
  sizeOf,
  type Tensor,
  tensor,
} from "@prewitt/core";
import { allSamples } from "@prewitt/core/samples";
import { describe, expect, it } from "vitest";

/** Numbers that look random and are the same in every run. */
function draw(count: number, [low, high]: readonly [number, number], salt: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const x = Math.sin((i + 1) * 12.9898 + salt * 78.233) * 43758.5453;
    return low + (x - Math.floor(x)) * (high - low);
  });
}

function build(input: SampleInput, i: number, float: DType): Tensor {
  const kind = input.dtype ?? "float";
  const dtype = kind === "float" ? float : kind;
  const domain = input.domain ?? (kind === "bool" ? [0, 1] : [-2, 2]);
  const values = input.values ?? draw(sizeOf(input.shape), domain, i).map((v) => (isFloat(dtype) ? v : Math.round(v)));
  return tensor([...values], { shape: input.shape, dtype });
}

function outputsOf(c: OpCase, inputs: readonly Tensor[]): readonly Tensor[] {
  const result = c.call(...inputs);
  return Array.isArray(result) ? result : [result as Tensor];
}

/** Equal up to the rounding of the dtype; NaN equals NaN, and infinities and zeros have a sign. */
function expectClose(found: ArrayLike<number>, wanted: readonly number[], tolerance: number): void {
  expect(found.length).toBe(wanted.length);
  wanted.forEach((want, i) => {
    const have = found[i] as number;
    if (!Number.isFinite(want) || want === 0) expect(`[${i}] ${have === 0 ? 0 : have}`).toBe(`[${i}] ${want}`);
    else expect(Math.abs(have - want) / Math.abs(want), `[${i}] ${have} against ${want}`).toBeLessThan(tolerance);
  });
}

it("has samples for every op, and ops by rising name", () => {
  const sampled = new Set(allSamples.map((s) => s.op));
  expect(allOps.map((op) => op.name).filter((name) => !sampled.has(name))).toEqual([]);
  const names = allOps.map((op) => op.name.toLowerCase());
  expect(names).toEqual([...names].sort());
});

for (const { op, cases, errors = [] } of allSamples) {
  describe(op, () => {
    for (const float of ["float64", "float32"] as const) {
      const tolerance = float === "float64" ? 1e-12 : 2e-6;
      for (const c of cases) {
        it(`${c.name} (${float})`, () => {
          const inputs = c.inputs.map((input, i) => build(input, i, float));
          const outputs = outputsOf(c, inputs);
          outputs.forEach((y, i) => {
            const data = y.dataSync();
            expect(data.length).toBe(y.size);
            const wanted = c.expected?.[i];
            if (wanted != null) expectClose(data, wanted, tolerance);
          });
          c.gradients?.forEach((wanted, i) => {
            if (wanted === null) return;
            const y = (outputs[0] as Tensor).cast(float).sum();
            const dx = grad(y, inputs[i] as Tensor);
            expect(dx.shape).toEqual(inputs[i]?.shape);
            expectClose(dx.dataSync(), wanted, tolerance);
          });
        });
      }
    }
    for (const { name, make, error, message } of errors) {
      it(`error: ${name}`, () => {
        let thrown: unknown;
        try {
          make();
        } catch (e) {
          thrown = e;
        }
        expect(thrown).toBeInstanceOf(PrewittError);
        expect((thrown as PrewittError).name).toBe(error);
        const lines = (thrown as PrewittError).message.split("\n");
        expect(lines.at(-1)).toMatch(/^ {2}at .*samples\.test\.ts:\d+:\d+$/);
        if (message instanceof RegExp) expect(lines.slice(0, -1).join("\n")).toMatch(message);
        else expect(lines.slice(0, -1)).toEqual(message);
      });
    }
  });
}
