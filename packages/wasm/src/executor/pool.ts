/**
 * Threads: workers that take tasks beside the main thread.
 *
 * A job is one function with its values, cut into tasks by shape alone. Threads take tasks from a shared counter; the
 * main thread works too and never waits for a worker to start, so a pool that is not up yet costs nothing and changes no
 * bit. A worker spins briefly for the next job, then sleeps. Workers do not keep the process alive.
 */

import { notice, StateError } from "@prewitt/core";
import { control, MAX_WORKERS } from "./control.ts";
import type { Heap } from "./heap.ts";
import { ModuleTable } from "./module-table.ts";
import { browserWorker, nodeWorker } from "./worker-source.ts";

/** With no progress for this long, a worker counts as lost. */
const LOST_MS = 20_000;
/** Most time that counts between two looks: more, and this process itself was suspended. */
const LOOK_MS = 50;

interface WorkerHandle {
  readonly id: number;
  stop(): void;
}

export interface Job {
  /** Slot of the function's module, and the function's place among the module's exports. */
  readonly module: number;
  readonly place: number;
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
  readonly #word: Int32Array;
  readonly #modules: ModuleTable;
  #localBase = 0;
  #localStride = 0;
  /** Workers that were started, plus the main thread. */
  readonly threads: number;

  constructor(heap: Heap, threads: number) {
    this.#heap = heap;
    this.#word = new Int32Array(heap.memory.buffer, 0, control.WORDS);
    this.#modules = new ModuleTable(heap, this.#word);
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

  /** Makes the exported functions of a module known to the workers; gives the module's slot, −1 without workers. */
  addModule(bytes: Uint8Array): number {
    return this.#workers.length === 0 ? -1 : this.#modules.add(bytes);
  }

  /** Lets the workers forget a module. */
  dropModule(slot: number): void {
    if (slot >= 0) this.#modules.drop(slot);
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
    word[control.MODULE] = job.module;
    word[control.FUNCTION] = job.place;
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
