/**
 * What a checkpoint can hold: anything that gives its state and takes it back.
 */

import type { Tensor } from "@prewitt/core";

/** Plain data; numbers may be infinite or not a number. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

/** A state: tensors and plain data by key. */
export type State = Readonly<Record<string, Tensor | Plain>>;

/** Modules, optimisers, loaders, moving averages, schedules with a memory: whatever a run depends on. */
export interface Stateful {
  stateDict(): object;
  // biome-ignore lint/suspicious/noExplicitAny: each kind takes what its own stateDict gave
  loadStateDict(state: any): unknown;
}
