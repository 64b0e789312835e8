/**
 * Prepared programs by structural key, so that evaluating a graph of the same structure plans nothing.
 * The least recently used are dropped.
 */

import type { Executor, PreparedProgram } from "./executor.ts";

const LIMIT = 256;

export class PlanCache {
  readonly #plans = new Map<string, { readonly executor: Executor; readonly prepared: PreparedProgram }>();

  get(key: string, executor: Executor): PreparedProgram | undefined {
    const found = this.#plans.get(key);
    if (found === undefined || found.executor !== executor) return undefined;
    this.#plans.delete(key);
    this.#plans.set(key, found);
    return found.prepared;
  }

  set(key: string, executor: Executor, prepared: PreparedProgram): void {
    this.#plans.set(key, { executor, prepared });
    if (this.#plans.size > LIMIT) this.#plans.delete(this.#plans.keys().next().value as string);
  }

  get size(): number {
    return this.#plans.size;
  }
}
