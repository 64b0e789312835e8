/**
 * Prepared programs by executor and structural key, so that evaluating a graph of the same structure plans nothing.
 * The least recently used of an executor are dropped.
 */

import type { Executor, PreparedProgram } from "./executor.ts";

const LIMIT = 256;

export class PlanCache {
  /** Weak, so that an executor that is no longer used takes its programs along. */
  readonly #plans = new WeakMap<Executor, Map<string, PreparedProgram>>();

  get(key: string, executor: Executor): PreparedProgram | undefined {
    const plans = this.#plans.get(executor);
    const found = plans?.get(key);
    if (plans === undefined || found === undefined) return undefined;
    plans.delete(key);
    plans.set(key, found);
    return found;
  }

  set(key: string, executor: Executor, prepared: PreparedProgram): void {
    const plans = this.#plans.get(executor) ?? new Map<string, PreparedProgram>();
    this.#plans.set(executor, plans);
    plans.set(key, prepared);
    if (plans.size <= LIMIT) return;
    const [oldest, dropped] = plans.entries().next().value as [string, PreparedProgram];
    plans.delete(oldest);
    dropped.release?.();
  }
}
