/** The reference executor, counting what it is asked to do. */

import { type Executor, type Program, referenceExecutor } from "@prewitt/core";

export interface CountingExecutor extends Executor {
  /** Programs prepared. */
  readonly programs: Program[];
  /** Programs run. */
  runs: number;
}

export function countingExecutor(options: { readonly fuse?: boolean } = {}): CountingExecutor {
  const inner = referenceExecutor(options);
  const executor: CountingExecutor = {
    name: "counting",
    traits: inner.traits,
    programs: [],
    runs: 0,
    createStorage: (dtype, length) => Object.assign(inner.createStorage(dtype, length)),
    prepare: (program) => {
      executor.programs.push(program);
      const prepared = inner.prepare(program);
      return {
        program,
        run: (bindings) => {
          executor.runs++;
          return prepared.run(bindings);
        },
      };
    },
  };
  return executor;
}
