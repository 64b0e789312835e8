/** The executor's peak on this machine, measured: what profiles compare kernels with. */

import { peakFlops, peakLocal, peakStage } from "../kernels/peak.ts";
import type { WasmExecutor } from "./executor.ts";

/** Milliseconds until the engine has optimised the code, and of counted runs. */
const WARM_UP_MS = 150;
const MEASURED_MS = 100;
const TASKS_A_THREAD = 32;

/**
 * Multiply-adds in registers on all threads of the executor, in GFLOP/s: the best of the runs of a quarter of a second.
 *
 * @example executor.profile = new Profile({ peak: measurePeak(executor) });
 */
export function measurePeak(executor: WasmExecutor): number {
  const { functions, pool, hotCode } = executor;
  const code = hotCode ?? executor.code;
  const tasks = TASKS_A_THREAD * pool.alive;
  const stage = { ...peakStage(code, tasks), joined: hotCode !== undefined };
  const held = functions.hold([stage]);
  const job = { ...functions.get(stage.key), values: [executor.reserveLocal(peakLocal(code))], localPlace: 0, tasks };
  const run = (): number => {
    const start = performance.now();
    pool.run(job);
    return performance.now() - start;
  };
  const begin = performance.now();
  while (performance.now() - begin < WARM_UP_MS) run();
  let best = Number.POSITIVE_INFINITY;
  while (performance.now() - begin < WARM_UP_MS + MEASURED_MS) best = Math.min(best, run());
  functions.letGo(held);
  return (tasks * peakFlops(code)) / best / 1e6;
}
