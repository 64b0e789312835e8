/**
 * Loads that bring memory near before it is needed. Kernels whose tiles walk many short runs defeat the prefetcher, and
 * wait for every line; one load a line, in sequence, streams them in. WebAssembly has no prefetch instruction, but a load
 * that nobody reads is kept, since it may trap.
 */

import { type FunctionBuilder, i32, type Value } from "../assembler/index.ts";

const LINE = 64;
/** Lines that an iteration loads. */
const TOGETHER = 4;

/** Touches `bytes` (a positive constant) from `start` on, and nothing beyond. */
export function touch(f: FunctionBuilder, start: Value<"i32">, bytes: number): void {
  const at = f.let(start);
  const lines = Math.ceil(bytes / LINE);
  const load = (count: number): void => {
    for (let k = 0; k < count; k++) f.drop(i32.load(at, LINE * k));
  };
  f.repeat(Math.floor(lines / TOGETHER), () => {
    load(TOGETHER);
    f.increment(at, TOGETHER * LINE);
  });
  load(lines % TOGETHER);
}
