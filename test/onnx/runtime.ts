/** onnxruntime, in its WebAssembly form, on one thread: what checks the files that we write. */

import { allocate, type DType, type Tensor, tensor } from "@prewitt/core";
import { env, InferenceSession, Tensor as RuntimeTensor } from "onnxruntime-web";

env.wasm.numThreads = 1;
env.logLevel = "error";

/** A file that is ready to run. */
export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(inputs: readonly Tensor[]): Promise<Tensor[]>;
}

export async function openSession(bytes: Uint8Array): Promise<Session> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const { inputNames, outputNames } = session;
  return {
    inputNames,
    outputNames,
    run: async (inputs) => {
      const entries = await Promise.all(
        inputs.map(async (t, i) => [inputNames[i], new RuntimeTensor(t.dtype, await t.data(), t.shape)] as const),
      );
      const found = await session.run(Object.fromEntries(entries));
      return outputNames.map((name) => toTensor(found[name] as RuntimeTensor));
    },
  };
}

function toTensor(t: RuntimeTensor): Tensor {
  const dtype: DType = t.type === "int64" ? "int32" : (t.type as DType);
  const data = allocate(dtype, t.data.length);
  Array.from(t.data as ArrayLike<number | bigint>, Number).forEach((v, i) => {
    data[i] = v;
  });
  return tensor(data, { shape: t.dims, dtype });
}

/** Opens the file and runs it once. */
export async function runOnnx(bytes: Uint8Array, inputs: readonly Tensor[]): Promise<Tensor[]> {
  return (await openSession(bytes)).run(inputs);
}

/** Greatest difference, relative to max(1, |expected|); NaN and infinities must agree. */
export async function distance(found: Tensor, expected: Tensor): Promise<number> {
  if (found.shape.join() !== expected.shape.join() || found.dtype !== expected.dtype) return Number.POSITIVE_INFINITY;
  const [a, b] = [await found.data(), await expected.data()];
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    if (Object.is(x, y) || x === y) continue;
    const off = Math.abs(x - y) / Math.max(1, Math.abs(y));
    most = Number.isNaN(off) ? Number.POSITIVE_INFINITY : Math.max(most, off);
  }
  return most;
}
