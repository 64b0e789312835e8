/**
 * The code cache: stages by key, compiled in one module per program that needs new ones, and made known to the workers.
 * Keys hold inner shapes only, so a partial batch or another program with the same shapes finds its code here.
 */

import { ModuleBuilder } from "../assembler/index.ts";
import type { Stage } from "../kernels/kernel.ts";
import type { Heap } from "./heap.ts";
import type { Pool } from "./pool.ts";

export interface CompiledStage {
  /** Number of the function, the same in every thread. */
  readonly id: number;
  readonly call: (...values: number[]) => void;
}

export class FunctionTable {
  readonly #heap: Heap;
  readonly #pool: Pool;
  readonly #byKey = new Map<string, CompiledStage>();
  #next = 0;
  /** Modules made so far. */
  modules = 0;

  constructor(heap: Heap, pool: Pool) {
    this.#heap = heap;
    this.#pool = pool;
  }

  /** Identities of the code that there is, the oldest first. */
  get keys(): readonly string[] {
    return [...this.#byKey.keys()];
  }

  get(key: string): CompiledStage {
    const found = this.#byKey.get(key);
    if (found === undefined) throw new Error(`stage ${key} was not compiled`);
    return found;
  }

  /** Compiles the stages that are not there yet. */
  add(stages: readonly Stage[]): void {
    const fresh = new Map<string, Stage>();
    for (const stage of stages) if (!this.#byKey.has(stage.key)) fresh.set(stage.key, stage);
    if (fresh.size === 0) return;
    const builder = new ModuleBuilder();
    builder.importMemory({ shared: this.#heap.shared });
    const names: string[] = [];
    for (const [key, stage] of fresh) {
      const handle = stage.define(builder);
      const name = `${names.length}`;
      builder.export(`p${name}`, handle);
      names.push(key);
    }
    const bytes = builder.toBytes();
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory: this.#heap.memory } });
    // Workers number functions in the order of exports: all exports count, inner functions included.
    const exported = Object.keys(instance.exports);
    names.forEach((key, i) => {
      const at = exported.indexOf(`p${i}`);
      this.#byKey.set(key, { id: this.#next + at, call: instance.exports[`p${i}`] as (...values: number[]) => void });
    });
    this.#next += exported.length;
    this.#pool.addModule(bytes);
    this.modules++;
  }
}
