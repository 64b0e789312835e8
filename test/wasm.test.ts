// The op battery on the wasm executor: every op and sample against the reference, as a program's first runs are compiled,
// on several threads, and as the engine's optimising compiler makes hot programs, with joined vectors where it can.

import { allSamples as baseSamples } from "@prewitt/core/samples";
import { allSamples as networkSamples } from "@prewitt/ops/samples";
import { battery } from "@prewitt/testing";
import { wasmExecutor } from "@prewitt/wasm";
import { allOps } from "prewitt";
import { describe, test } from "vitest";

const executors = [wasmExecutor({ threads: 2 }), wasmExecutor({ threads: 1, hotRuns: 0 })];

describe("every op on the wasm executor", () => {
  test.each(battery(allOps, [...baseSamples, ...networkSamples], { executors }))("$name", ({ run }) => run());
});
