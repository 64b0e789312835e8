/**
 * Threads: workers that take tasks beside the main thread.
 *
 * A job is one function with its values, cut into tasks by shape alone. Threads take tasks from a shared counter; the
 * main thread works too and never waits for a worker to start, so a pool that is not up yet costs nothing and changes no
 * bit. A worker spins briefly for the next job, then sleeps. Workers do not keep the process alive.
 */

import { notice, StateError } from "@prewitt/core";
import type { Heap } from "./heap.ts";
import { browserWorker, nodeWorker } from "./worker-source.ts";

const MAX_WORKERS = 64;
const MAX_VALUES = 64;

/** Words of the control block. */
const control = {
  /** Even while a job is open, odd while the next one is described. */
  SEQUENCE: 0,
  QUIT: 1,
  MODULES: 2,
  MODULE_TABLE: 3,
  FUNCTION: 4,
  TASKS: 5,
  GRAIN: 6,
  COUNT: 7,
  LOCAL_PLACE: 8,
  LOCAL_BASE: 9,
  LOCAL_STRIDE: 10,
  /** 1 + the worker that ended in the middle of a job. */
  FAILED: 11,
  /** On cache lines of their own: they are written by all threads. */
  NEXT: 16,
  DONE: 32,
  ALIVE: 48,
  BUSY: 48 + MAX_WORKERS,
  VALUES: 48 + 2 * MAX_WORKERS,
  WORDS: 48 + 2 * MAX_WORKERS + MAX_VALUES,
  /** Looks at the sequence number before sleeping: some tens of microseconds. */
  SPINS: 20000,
} as const;

/** Bytes at the start of the memory that the pool uses. */
export const CONTROL_BYTES: number = control.WORDS * 4;

/** With no progress for this long, a worker counts as lost. */
const LOST_MS = 20_000;
/** Most time that counts between two looks: more, and this process itself was suspended. */
const LOOK_MS = 50;

interface WorkerHandle {
  readonly id: number;
  stop(): void;
}

export interface Job {
  /** Number of the function, in the order of loading. */
  readonly id: number;
  readonly call: (...values: number[]) => void;
  /** Values without the task range. */
  readonly values: readonly number[];
  /** Which of the values is the thread's own scratch memory, or −1. */
  readonly localPlace: number;
  readonly tasks: number;
}

interface WorkerThreads {
  Worker: new (
    code: string,
    options: object,
  ) => {
    unref(): void;
    terminate(): Promise<number>;
    on(event: "error" | "exit", handler: (reason: unknown) => void): void;
  };
}

interface NodeProcess {
  getBuiltinModule?(name: string): unknown;
}

export class Pool {
  readonly #heap: Heap;
  readonly #workers: WorkerHandle[] = [];
  #word: Int32Array;
  #moduleCount = 0;
  #tableAddress: number;
  #tableCapacity = 256;
  #localBase = 0;
  #localStride = 0;
  /** Workers that were started, plus the main thread. */
  readonly threads: number;

  constructor(heap: Heap, threads: number) {
    this.#heap = heap;
    this.#word = new Int32Array(heap.memory.buffer, 0, control.WORDS);
    this.#tableAddress = heap.allocate(this.#tableCapacity * 8);
    this.#word[control.MODULE_TABLE] = this.#tableAddress;
    const wanted = Math.min(threads - 1, MAX_WORKERS);
    if (wanted > 0 && !heap.shared) notice(NOT_SHARED);
    for (let id = 0; heap.shared && id < wanted; id++) {
      try {
        this.#workers.push(this.#start(id));
      } catch (error) {
        notice(`a worker could not start (${messageOf(error)}): ${threadsText(id + 1)}`);
        break;
      }
    }
    this.threads = this.#workers.length + 1;
  }

  /** Threads that work now. */
  get alive(): number {
    return this.#workers.length + 1;
  }

  /** Throws when the engine cannot. */
  #start(id: number): WorkerHandle {
    const data = { memory: this.#heap.memory, id, control, base: 0 };
    const lost = (reason: unknown): void => this.#lose(id, reason);
    const node = (globalThis as { process?: NodeProcess }).process?.getBuiltinModule?.("node:worker_threads") as
      | WorkerThreads
      | undefined;
    if (node !== undefined) {
      const worker = new node.Worker(nodeWorker, { eval: true, workerData: data, stdout: false, stderr: false });
      worker.unref();
      worker.on("error", lost);
      worker.on("exit", (code) => lost(`it ended with exit code ${code}`));
      return { id, stop: () => void worker.terminate() };
    }
    if (typeof Worker === "undefined" || typeof Blob === "undefined") throw new Error("this engine has no workers");
    const url = URL.createObjectURL(new Blob([browserWorker], { type: "text/javascript" }));
    const worker = new Worker(url);
    worker.onerror = (event) => lost(event.message);
    worker.postMessage(data);
    return { id, stop: () => worker.terminate() };
  }

  /**
   * A worker ended by itself. Events arrive between runs only, so every run so far is whole: the other threads go on.
   */
  #lose(id: number, reason: unknown): void {
    const at = this.#workers.findIndex((worker) => worker.id === id);
    if (at < 0) return;
    this.#workers.splice(at, 1);
    Atomics.store(this.#word, control.BUSY + id, 0);
    notice(`a worker of the wasm executor was lost (${messageOf(reason)}): ${threadsText(this.alive)} from now on`);
  }

  /** Makes the exported functions of a module known to the workers, in the order of its exports. */
  addModule(bytes: Uint8Array): void {
    if (this.#workers.length === 0) return;
    if (this.#moduleCount === this.#tableCapacity) this.#growTable();
    const address = this.#heap.allocate(bytes.length);
    this.#heap.u8.set(bytes, address);
    const table = new Int32Array(this.#heap.memory.buffer, this.#tableAddress, this.#tableCapacity * 2);
    table[2 * this.#moduleCount] = address; // Wraps to a negative number from 2 GiB on; workers undo it.
    table[2 * this.#moduleCount + 1] = bytes.length;
    this.#moduleCount++;
    Atomics.store(this.#word, control.MODULES, this.#moduleCount);
  }

  /** Workers may be reading the old table: it is left in place. */
  #growTable(): void {
    const next = this.#heap.allocate(this.#tableCapacity * 2 * 8);
    this.#heap.u8.copyWithin(next, this.#tableAddress, this.#tableAddress + this.#tableCapacity * 8);
    this.#tableCapacity *= 2;
    this.#tableAddress = next;
    Atomics.store(this.#word, control.MODULE_TABLE, next);
  }

  /** Makes sure that every thread has `bytes` of scratch; returns the main thread's address. */
  reserveLocal(bytes: number): number {
    if (bytes > this.#localStride || this.#localBase === 0) {
      if (this.#localBase !== 0) this.#heap.free(this.#localBase);
      this.#localBase = 0;
      // An odd number of cache lines apart, so that equal places of two threads fall into different sets.
      this.#localStride = Math.ceil(bytes / 64) * 64 + 4096 + 64;
      this.#localBase = this.#heap.allocate(this.#localStride * this.threads);
      this.#word[control.LOCAL_BASE] = this.#localBase;
      this.#word[control.LOCAL_STRIDE] = this.#localStride;
    }
    return this.#localBase;
  }

  /** Runs all tasks of a job on all threads that are there. */
  run(job: Job): void {
    const word = this.#word;
    const { tasks, values } = job;
    if (this.#workers.length === 0 || tasks < 2) {
      job.call(...values, 0, tasks);
      return;
    }
    this.#close();
    word[control.FUNCTION] = job.id;
    word[control.TASKS] = tasks;
    const grain = Math.max(1, Math.floor(tasks / (this.threads * 8)));
    word[control.GRAIN] = grain;
    word[control.COUNT] = values.length;
    word[control.LOCAL_PLACE] = job.localPlace;
    for (let i = 0; i < values.length; i++) word[control.VALUES + i] = values[i] as number;
    Atomics.store(word, control.NEXT, 0);
    Atomics.store(word, control.DONE, 0);
    Atomics.add(word, control.SEQUENCE, 1);
    Atomics.notify(word, control.SEQUENCE);
    for (;;) {
      const t0 = Atomics.add(word, control.NEXT, grain);
      if (t0 >= tasks) break;
      const t1 = Math.min(tasks, t0 + grain);
      job.call(...values, t0, t1);
      Atomics.add(word, control.DONE, t1 - t0);
    }
    this.#await(() => Atomics.load(word, control.DONE) === tasks);
  }

  /** Ends the job that is open, if any: afterwards no worker reads the description. */
  #close(): void {
    const word = this.#word;
    if ((Atomics.load(word, control.SEQUENCE) & 1) === 0) Atomics.add(word, control.SEQUENCE, 1);
    for (const { id } of this.#workers) {
      if (Atomics.load(word, control.BUSY + id) !== 0) this.#await(() => Atomics.load(word, control.BUSY + id) === 0);
    }
  }

  /** Spins until the condition holds; a thread that failed or makes no progress for long is an error, never a hang. */
  #await(condition: () => boolean): void {
    for (let spins = 0; spins < 100_000; spins++) if (condition()) return;
    let done = -1;
    let waited = 0;
    let before = performance.now();
    while (!condition()) {
      const failed = Atomics.load(this.#word, control.FAILED);
      if (failed !== 0) this.#fail(`worker ${failed - 1} ended in the middle of a job`);
      const time = performance.now();
      waited += Math.min(LOOK_MS, time - before);
      before = time;
      const now = Atomics.load(this.#word, control.DONE);
      if (now !== done) {
        done = now;
        waited = 0;
      } else if (waited > LOST_MS) {
        this.#fail(`no worker made progress for ${LOST_MS / 1000} s`);
      }
    }
  }

  /** Reports a worker lost in the middle of a task; from then on the main thread works alone. */
  #fail(reason: string): never {
    this.stop();
    throw new StateError({
      summary: `a thread of the wasm executor is lost: ${reason}`,
      problems: [
        "the values of the running step are incomplete; variables were not assigned unless the step had ended",
      ],
      fix: "call again: the executor goes on with one thread; restore a checkpoint if the step was assigning",
    });
  }

  /** Ends all workers. */
  stop(): void {
    Atomics.store(this.#word, control.QUIT, 1);
    Atomics.notify(this.#word, control.SEQUENCE);
    for (const worker of this.#workers.splice(0)) worker.stop();
  }
}

const NOT_SHARED =
  "no memory can be shared with workers here: one thread (pages need the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp)";

const messageOf = (reason: unknown): string => (reason instanceof Error ? reason.message : String(reason));
const threadsText = (threads: number): string => (threads === 1 ? "one thread" : `${threads} threads`);
