/**
 * Variables of a module that no optimiser trains: running statistics and counters.
 */

import { type Tensor, Variable } from "@prewitt/core";

export interface BufferOptions {
  /** Name in paths and state dicts, when it differs from the field's. */
  readonly key?: string | undefined;
  /** Whether `stateDict` includes it. Counters of random layers are not: checkpoints save them. Default true. */
  readonly persistent?: boolean | undefined;
}

/**
 * A variable that `parameters()` leaves out.
 *
 * @example runningMean = new Buffer(zeros([32]), { key: "running_mean" });
 */
export class Buffer extends Variable {
  readonly key: string | undefined;
  readonly persistent: boolean;

  constructor(initial: Tensor | number, options: BufferOptions = {}) {
    super(initial);
    this.key = options.key;
    this.persistent = options.persistent ?? true;
  }
}
