/**
 * A process whose workers fail, in the way that the first argument names. Prints one JSON line: the values of a parallel
 * computation before and after, the error between them if any, and the threads that are left.
 */

import { createRequire } from "node:module";
import { wasmExecutor } from "@prewitt/wasm";
import { arange, useExecutor } from "prewitt";

type WorkerClass = new (code: string, options: object) => { terminate(): Promise<number> };
const threads = createRequire(import.meta.url)("node:worker_threads") as { Worker: WorkerClass };
const { Worker } = threads;
const started: { terminate(): Promise<number> }[] = [];

/** Changes what the executor's workers are. */
function patch(edit: (code: string) => string): void {
  threads.Worker = class extends Worker {
    constructor(code: string, options: object) {
      super(edit(code), options);
      started.push(this);
    }
  };
}

const ways: Record<string, () => void> = {
  healthy: () => patch((code) => code),
  "ends between runs": () => patch((code) => code),
  "throws in a task": () => patch((code) => code.replace("f(...values", "throw new Error('sabotage'); f(...values")),
  "exits in a task": () => patch((code) => code.replace("f(...values", "process.exit(); f(...values")),
  "hangs in a task": () => {
    patch((code) => code.replace("f(...values", "for (;;); f(...values"));
    // A clock that runs fast, so that nobody waits.
    const { now } = performance;
    let looks = 0;
    performance.now = () => now.call(performance) + 40 * looks++;
  },
  "throws at once": () => patch(() => "throw new Error('no room')"),
  "cannot start": () => {
    threads.Worker = class {
      constructor() {
        throw new Error("no more threads");
      }
    } as unknown as WorkerClass;
  },
  "no worker threads": () => {
    Object.defineProperty(process, "getBuiltinModule", { value: undefined });
  },
  "no shared memory": () => {
    Object.defineProperty(globalThis, "SharedArrayBuffer", { value: undefined });
  },
};

const way = process.argv[2] as string;
ways[way]?.();
const executor = wasmExecutor({ threads: 2 });
useExecutor(executor);

const compute = (shift: number): number =>
  arange(3_000_000, { dtype: "float32" }).mul(1e-6).add(shift).sin().sum().itemSync();

/** Lets the workers come up, or fail to. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 150));

const values: (number | string)[] = [];
await turn();
for (let run = 0; run < 3; run++) {
  if (run === 1 && way === "ends between runs") await Promise.all(started.map((worker) => worker.terminate()));
  try {
    values.push(compute(1));
  } catch (error) {
    values.push(error instanceof Error ? error.message : String(error));
  }
  await turn();
}
console.log(JSON.stringify({ values, threads: executor.pool.alive }));
