/**
 * The code cache: stages by key, compiled in one module per program that needs new ones, and made known to the workers.
 * Keys hold inner shapes only, so a partial batch or another program with the same shapes finds its code here. Modules
 * that no program holds stay for the next one; beyond a number of them, those let go of longest ago are dropped.
 */

import { ModuleBuilder } from "../assembler/index.ts";
import type { Stage } from "../kernels/kernel.ts";
import type { Heap } from "./heap.ts";
import type { Pool } from "./pool.ts";
import type { CompileJoined } from "./wide-vectors.ts";

/** Modules that stay though no program holds them. */
const IDLE_MODULES = 128;

interface CodeModule {
  /** Of the workers' table. */
  readonly slot: number;
  readonly keys: readonly string[];
  /** Programs that hold it. */
  users: number;
}

export interface CompiledStage {
  /** Slot of the function's module, and the function's place among the module's exports: the same in every thread. */
  readonly module: number;
  readonly place: number;
  readonly call: (...values: number[]) => void;
}

export class FunctionTable {
  readonly #heap: Heap;
  readonly #pool: Pool;
  readonly #compileJoined: CompileJoined | undefined;
  readonly #byKey = new Map<string, { readonly stage: CompiledStage; readonly from: CodeModule }>();
  /** Those let go of longest ago first. */
  readonly #idle = new Set<CodeModule>();
  /** Modules made so far. */
  modules = 0;

  constructor(heap: Heap, pool: Pool, compileJoined: CompileJoined | undefined) {
    this.#heap = heap;
    this.#pool = pool;
    this.#compileJoined = compileJoined;
  }

  /** Identities of the code that there is, the oldest first. */
  get keys(): readonly string[] {
    return [...this.#byKey.keys()];
  }

  /** Code that a program holds. */
  get(key: string): CompiledStage {
    return this.#find(key).stage;
  }

  #find(key: string): { readonly stage: CompiledStage; readonly from: CodeModule } {
    const found = this.#byKey.get(key);
    if (found === undefined) throw new Error(`stage ${key} was not compiled`);
    return found;
  }

  /** The modules of the stages, compiled where they are not there yet, each with one user more. */
  hold(stages: readonly Stage[]): Set<CodeModule> {
    this.#compile(stages);
    const held = new Set(stages.map((stage) => this.#find(stage.key).from));
    for (const module of held) {
      module.users++;
      this.#idle.delete(module);
    }
    return held;
  }

  letGo(modules: Iterable<CodeModule>): void {
    for (const module of modules) if (--module.users === 0) this.#idle.add(module);
    for (const module of this.#idle) {
      if (this.#idle.size <= IDLE_MODULES) return;
      this.#idle.delete(module);
      for (const key of module.keys) this.#byKey.delete(key);
      this.#pool.dropModule(module.slot);
    }
  }

  #compile(stages: readonly Stage[]): void {
    const fresh = new Map<string, Stage>();
    for (const stage of stages) if (!this.#byKey.has(stage.key)) fresh.set(stage.key, stage);
    const some = (joined: boolean) => [...fresh.values()].filter((stage) => (stage.joined ?? false) === joined);
    this.#compileModule(some(false), (bytes) => new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>), "p");
    // Names of their own: the engine would give back the code that it has for equal bytes.
    this.#compileModule(some(true), this.#compileJoined, "j");
  }

  #compileModule(stages: readonly Stage[], compile: CompileJoined | undefined, prefix: string): void {
    if (stages.length === 0) return;
    if (compile === undefined) throw new Error("this engine joins no vectors");
    const builder = new ModuleBuilder();
    builder.importMemory({ shared: this.#heap.shared });
    stages.forEach((stage, i) => {
      builder.export(`${prefix}${i}`, stage.define(builder));
    });
    const keys = stages.map((stage) => stage.key);
    const bytes = builder.toBytes();
    const instance = new WebAssembly.Instance(compile(bytes), { env: { memory: this.#heap.memory } });
    // Workers number functions in the order of exports: all exports count, inner functions included.
    const exported = Object.keys(instance.exports);
    const from: CodeModule = { slot: this.#pool.addModule(bytes), keys, users: 0 };
    keys.forEach((key, i) => {
      const name = `${prefix}${i}`;
      const call = instance.exports[name] as CompiledStage["call"];
      this.#byKey.set(key, { stage: { module: from.slot, place: exported.indexOf(name), call }, from });
    });
    this.modules++;
  }
}

/** The code that one program holds. Refers to no program, so that it can be let go of when one has been collected. */
export class HeldCode {
  readonly #functions: FunctionTable;
  #held: ReadonlySet<CodeModule> = new Set();

  constructor(functions: FunctionTable) {
    this.#functions = functions;
  }

  /** Holds the code of these stages, and no other. */
  take(stages: readonly Stage[]): void {
    const before = this.#held;
    this.#held = this.#functions.hold(stages);
    this.#functions.letGo(before);
  }

  release(): void {
    this.#functions.letGo(this.#held);
    this.#held = new Set();
  }
}
