// Every op's samples as ONNX files: onnxruntime finds what we find, and so does the file read back. What ONNX has no
// operator for says so.

import { evaluate, type OpCase, type Tensor } from "@prewitt/core";
import { allSamples as coreSamples } from "@prewitt/core/samples";
import { ExportError, exportOnnx, importOnnx } from "@prewitt/io";
import { allSamples as opsSamples } from "@prewitt/ops/samples";
import { describe, expect, test } from "vitest";
import { sampleInputs } from "./random-inputs.ts";
import { distance, runOnnx } from "./runtime.ts";

/** Why some ops have no ONNX form. */
const refused: Readonly<Record<string, RegExp>> = {
  normal: /no random numbers/,
  uniform: /no random numbers/,
  randomBits: /no random numbers/,
  unitInterval: /no operator for "shrU"/,
  dropout: /no random numbers/,
  channelDropout: /no random numbers/,
  stochasticDepth: /no random numbers/,
  avgPoolGrad: /gradient of pooling/,
  maxPoolGrad: /gradient of pooling/,
  maxPoolTake: /gradient of pooling/,
  poolIndex: /gradient of pooling/,
  conv2dWeightGradient: /gradient of a weight/,
};

/** ONNX leaves open what becomes of NaN among other numbers. */
const aboutNaN = /NaN (wins|is greatest)/;

type Call = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

async function check(sample: OpCase): Promise<void> {
  const inputs = sampleInputs(sample);
  const call = sample.call as Call;
  const expected = [call(...inputs)].flat() as Tensor[];
  evaluate(...expected);
  const bytes = await exportOnnx(call, inputs, { dynamicBatch: false });
  const found = await runOnnx(bytes, inputs);
  const back = Object.values((await importOnnx(bytes)).run(inputs));
  expect([found.length, back.length]).toEqual([expected.length, expected.length]);
  for (const [i, t] of expected.entries()) {
    expect(await distance(found[i] as Tensor, t), `output ${i}`).toBeLessThan(3e-5);
    expect(await distance(back[i] as Tensor, t), `output ${i}, read back`).toBeLessThan(3e-5);
  }
}

for (const { op, cases } of [...coreSamples, ...opsSamples]) {
  const given = cases.filter((c) => c.inputs.length > 0 && !aboutNaN.test(c.name));
  if (given.length === 0) continue;
  test(op, async () => {
    const reason = refused[op];
    for (const sample of given) {
      if (reason === undefined) {
        await check(sample).catch((error: Error) => {
          error.message = `${sample.name}: ${error.message}`;
          throw error;
        });
      } else {
        const failing = exportOnnx(sample.call as Call, sampleInputs(sample), { dynamicBatch: false });
        await expect(failing).rejects.toThrow(ExportError);
        await expect(failing).rejects.toThrow(reason);
      }
    }
  });
}

describe("all of it", () => {
  test("most ops have an ONNX form", () => {
    expect(coreSamples.length + opsSamples.length).toBeGreaterThan(110);
    expect(Object.keys(refused)).toHaveLength(12);
  });
});
