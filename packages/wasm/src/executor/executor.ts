/**
 * The CPU executor: programs become WebAssembly SIMD, run on all cores over one shared memory.
 */

import {
  type DType,
  type Executor,
  type ExecutorTraits,
  type PreparedProgram,
  type Program,
  StateError,
  session,
} from "@prewitt/core";
import { detectFeatures } from "../assembler/index.ts";
import type { CodeOptions } from "../kernels/kernel.ts";
import { CONTROL_BYTES } from "./control.ts";
import { FormStore } from "./derived.ts";
import { FunctionTable } from "./functions.ts";
import { Heap } from "./heap.ts";
import { Holdings } from "./holdings.ts";
import { acceptsEpilogue } from "./lower-epilogue.ts";
import { Pool } from "./pool.ts";
import { WasmProgram } from "./prepared.ts";
import type { Profile } from "./profile.ts";
import { WasmStorage } from "./storage.ts";
import { Tuner, type Tuning } from "./tuner.ts";
import { joiningCompiler } from "./wide-vectors.ts";

export interface WasmOptions {
  /** Threads, the main one included. Default: `PREWITT_THREADS`, else the processors there are, at most 16. */
  readonly threads?: number | undefined;
  /** Use relaxed SIMD where the engine has it (default true). */
  readonly relaxedSimd?: boolean | undefined;
  /**
   * Let programs that run often compute with 256-bit vectors where the engine can (default true, false when the environment
   * has `PREWITT_WIDE=0`): Node 24 and 26 on x64 processors with AVX2. V8's flag `--experimental-wasm-revectorize` is set
   * while their kernels are compiled. The bits are the same either way.
   */
  readonly wideSimd?: boolean | undefined;
  /**
   * A program has run often after so many runs (default 3); until then it pays for no compiling beyond the engine's first.
   * 0: from the start, which tests ask for.
   */
  readonly hotRuns?: number | undefined;
  /**
   * `"strict"`: every sum is taken in plain order, without Winograd's algorithm, so that convolutions of small integers
   * are exact and rounding is the direct kernels', at up to three times the time. Default: `session.precision`, "fast".
   */
  readonly precision?: "fast" | "strict" | undefined;
  /**
   * Kernels of fewer operations and bytes than this are left to the calling thread (default 300,000). 0 wakes the threads
   * for all of them, which tests do.
   */
  readonly parallelWork?: number | undefined;
  /**
   * Which of several kernels with the same bits runs. `"live"` (default): the fastest, timed on the first steps; `"off"`
   * (default when the environment has `PREWITT_TUNE=0`): the usual one; a number: the alternative of that number, from 1.
   */
  readonly tuning?: Tuning | undefined;
}

const HOT_RUNS = 3;

/** What waking the threads costs is some microseconds, in which one thread does about this. */
const PARALLEL_WORK = 300_000;

const GIB = 2 ** 30;

export class WasmExecutor implements Executor {
  readonly name = "wasm";
  readonly traits: ExecutorTraits;
  readonly code: CodeOptions;
  /** Code of programs that run often, compiled with joined vectors; `undefined` where that cannot be had. */
  readonly hotCode: CodeOptions | undefined;
  readonly hotRuns: number;
  readonly parallelWork: number;
  readonly heap: Heap;
  readonly pool: Pool;
  readonly functions: FunctionTable;
  /** Packed and transformed weights. */
  readonly forms: FormStore;
  readonly holdings: Holdings;
  readonly tuner: Tuner;
  /** Times every kernel while it is set. */
  profile: Profile | undefined;
  /** Rises when the arena, scratch memory or forms move: programs then resolve their addresses anew. */
  epoch = 0;
  #local = 0;
  readonly #precision: "fast" | "strict" | undefined;
  readonly #regions = new Map<string, { address: number; bytes: number }>();
  readonly #storages: FinalizationRegistry<number>;
  readonly #programs: FinalizationRegistry<() => void>;

  constructor(options: WasmOptions = {}) {
    const features = detectFeatures();
    if (!features.simd)
      throw new StateError({
        summary: "this engine has no WebAssembly SIMD",
        fix: 'use a newer engine, or useExecutor("reference")',
      });
    this.code = { relaxed: features.relaxedSimd && options.relaxedSimd !== false };
    const wide = this.code.relaxed && (options.wideSimd ?? environment("PREWITT_WIDE") !== "0");
    const compileJoined = wide ? joiningCompiler() : undefined;
    this.hotCode = compileJoined === undefined ? undefined : { ...this.code, wide: true };
    this.hotRuns = options.hotRuns ?? HOT_RUNS;
    this.#precision = options.precision;
    this.parallelWork = options.parallelWork ?? PARALLEL_WORK;
    const shared = features.threads && typeof SharedArrayBuffer !== "undefined";
    this.heap = new Heap(shared, CONTROL_BYTES);
    this.pool = new Pool(this.heap, options.threads ?? defaultThreads());
    this.functions = new FunctionTable(this.heap, this.pool, compileJoined);
    this.holdings = new Holdings(this.heap);
    this.tuner = new Tuner(options.tuning ?? (environment("PREWITT_TUNE") === "0" ? "off" : "live"));
    this.forms = new FormStore(this.heap, () => {
      this.epoch++;
    });
    const { reclaim } = this.heap;
    this.heap.reclaim = () => reclaim?.() === true || this.forms.clear();
    this.#storages = new FinalizationRegistry((address) => this.heap.free(address));
    this.#programs = new FinalizationRegistry((release) => release());
    this.traits = {
      stridedReads: new Set(["map", "reduce", "contract", "gather", "scatter", "copy"]),
      epilogues: new Set(["contract", "conv"]),
      acceptsEpilogue,
      prologues: new Set(["reduce"]),
      fuseMaps: true,
      maxExpression: 64,
      layout: "channels-last",
      alignment: 64,
      memoryLimit: 3.75 * GIB,
      threads: this.pool.threads,
    };
  }

  get precision(): "fast" | "strict" {
    return this.#precision ?? session.precision;
  }

  prepare(program: Program): PreparedProgram {
    return new WasmProgram(this, program);
  }

  createStorage(dtype: DType, length: number): WasmStorage {
    const storage = new WasmStorage(this, this.heap, dtype, length, (freed) => {
      this.#storages.unregister(freed);
      this.forms.clear(freed.contents);
    });
    this.#storages.register(storage, storage.address, storage);
    return storage;
  }

  /** Gives forms and code back when the program has been collected. */
  releaseWith(program: WasmProgram, held: readonly { release(): void }[]): void {
    this.#programs.register(program, () => {
      for (const part of held) part.release();
    });
  }

  /** A region that all programs share, at least `bytes` long; it moves when it grows. */
  reserve(name: string, bytes: number): number {
    const region = this.#regions.get(name);
    if (region !== undefined && region.bytes >= bytes) return region.address;
    if (region !== undefined) {
      // Forgotten at once: there may be no room for the new one.
      this.heap.free(region.address);
      this.#regions.delete(name);
      this.epoch++;
    }
    const address = this.heap.allocate(bytes);
    this.#regions.set(name, { address, bytes });
    this.epoch++;
    return address;
  }

  /** Scratch memory of every thread, at least `bytes` long; returns the main thread's. It moves when it grows. */
  reserveLocal(bytes: number): number {
    const address = this.pool.reserveLocal(bytes);
    if (address !== this.#local) this.epoch++;
    this.#local = address;
    return address;
  }

  /** Ends the workers. The executor goes on with one thread. */
  dispose(): void {
    this.pool.stop();
  }
}

function environment(name: string): string | undefined {
  return (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[name];
}

function defaultThreads(): number {
  if (session.threads !== undefined) return session.threads;
  const env = environment("PREWITT_THREADS");
  const given = env === undefined ? Number.NaN : Number(env);
  if (Number.isInteger(given) && given >= 1) return given;
  return Math.max(1, Math.min(16, globalThis.navigator?.hardwareConcurrency ?? processors()));
}

/** Node 20 has no `navigator`. */
function processors(): number {
  const node = (globalThis as { process?: { getBuiltinModule?(name: string): unknown } }).process?.getBuiltinModule?.(
    "node:os",
  );
  return (node as { availableParallelism?(): number } | undefined)?.availableParallelism?.() ?? 1;
}

/** Makes the executor; see `useExecutor`. */
export function wasmExecutor(options: WasmOptions = {}): WasmExecutor {
  return new WasmExecutor(options);
}
