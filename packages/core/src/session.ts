/**
 * The one object that holds what is global: executor, seed, threads, and what is being traced or built right now.
 * Nothing else in the library keeps module-level state.
 */

import type { Site } from "./graph/site.ts";
import type { Executor } from "./run/executor.ts";
import type { PlanCache } from "./run/plan-cache.ts";
import type { Trace } from "./run/trace.ts";
import type { Variable } from "./run/variable.ts";
import type { Tensor } from "./tensor/tensor.ts";

/** What new nodes inherit from the node they stand for. */
export interface Origin {
  readonly scope: string;
  readonly site: Site;
  readonly control?: Tensor | undefined;
  readonly recompute?: number | undefined;
  /** Name of the op that was expanded into the new nodes. */
  readonly partOf?: string | undefined;
}

/** A call of a module's `forward` that is under way. */
export interface ModuleCall {
  readonly module: object;
  readonly inputs: readonly unknown[];
}

export interface Session {
  /** Executor in use; made by `executorFactory` on first need. */
  executor: Executor | undefined;
  executorFactory: (() => Executor) | undefined;
  seed: number;
  /** Threads an executor may use; `undefined` lets it choose. */
  threads: number | undefined;
  /** "strict" keeps kernels to the plain summation order of their kind (no Winograd). */
  precision: "fast" | "strict";
  /** The trace under way inside `compile`, else `undefined`. */
  trace: Trace | undefined;
  /** Module paths, innermost last. */
  readonly scopes: string[];
  /** Calls of modules under way, innermost last. */
  readonly modules: ModuleCall[];
  /** While an op is expanded or differentiated: the node that the new nodes stand for. */
  origin: Origin | undefined;
  /** Counts nodes; inputs are always made before the nodes that read them, so ids are a topological order. */
  nextNode: number;
  nextVariable: number;
  /** Numbers for attributes that are compared by identity (functions, cells). */
  readonly identities: WeakMap<object, number>;
  nextIdentity: number;
  /** Variables with versions whose history is still kept, see `settle`. */
  readonly unsettled: Set<Variable>;
  /** Counts optimiser steps outside traces. */
  generation: number;
  /** Plans of uncompiled evaluations, by structure. */
  plans: PlanCache | undefined;
  /** Rises with every change of library state that a compiled trace depends on. */
  epoch: number;
  /** When the event loop last had a turn, in milliseconds of `performance.now()`. */
  lastYield: number;
  /** Notices that have been shown. */
  readonly notices: Set<string>;
}

export const session: Session = {
  executor: undefined,
  executorFactory: undefined,
  seed: 0,
  threads: undefined,
  precision: "fast",
  trace: undefined,
  scopes: [],
  modules: [],
  origin: undefined,
  nextNode: 0,
  nextVariable: 0,
  identities: new WeakMap(),
  nextIdentity: 0,
  unsettled: new Set(),
  generation: 0,
  plans: undefined,
  epoch: 0,
  lastYield: 0,
  notices: new Set(),
};
