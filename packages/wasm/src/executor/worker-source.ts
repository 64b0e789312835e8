/**
 * What a worker runs, as plain JavaScript text: `eval` in Node, a Blob in browsers. A worker file would break under tsx,
 * vitest and bundlers.
 *
 * The worker never returns to its event loop: everything reaches it through shared memory, modules included (it compiles
 * their bytes from there). The control block is that of control.ts, the table of modules that of module-table.ts.
 *
 * A worker enters a job by raising its busy flag and reading the sequence number again: either it sees that the job is
 * over, or the main thread sees the flag and waits before it describes the next one.
 */

export const workerSource = `
"use strict";
const start = ({ memory, id, control: C, base }, atEnd) => {
  const word = new Int32Array(memory.buffer, base, C.WORDS);
  // The main thread waits without a turn of its event loop: a thread that ends within a job says so itself.
  const ended = () => { if (Atomics.load(word, C.BUSY + id) !== 0) Atomics.store(word, C.FAILED, id + 1); };
  atEnd(ended);
  const functions = [], generations = [];
  let version = 0, seen = 0;
  const load = () => {
    const current = Atomics.load(word, C.VERSION);
    if (current === version) return;
    const slots = Atomics.load(word, C.SLOTS), start = Atomics.load(word, C.MODULE_TABLE) >>> 0;
    const table = new Int32Array(memory.buffer, start, 3 * slots);
    for (let slot = 0; slot < slots; slot++) {
      const generation = Atomics.load(table, 3 * slot + 2);
      if (generation === generations[slot]) continue;
      functions[slot] = undefined;
      if ((generation & 1) === 1) {
        const at = Atomics.load(table, 3 * slot) >>> 0, length = Atomics.load(table, 3 * slot + 1);
        const bytes = new Uint8Array(memory.buffer).slice(at, at + length);
        if (Atomics.load(table, 3 * slot + 2) !== generation || Atomics.load(word, C.MODULE_TABLE) >>> 0 !== start) return;
        functions[slot] = Object.values(new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports);
      }
      generations[slot] = generation;
    }
    version = current;
  };
  Atomics.store(word, C.ALIVE + id, 1);
  for (;;) {
    let spins = 0;
    let sequence = Atomics.load(word, C.SEQUENCE);
    while (sequence === seen || (sequence & 1) === 1) {
      if (Atomics.load(word, C.QUIT) !== 0) return;
      if (++spins > C.SPINS) { Atomics.wait(word, C.SEQUENCE, sequence, 1000); spins = 0; }
      sequence = Atomics.load(word, C.SEQUENCE);
    }
    seen = sequence;
    load();
    Atomics.store(word, C.BUSY + id, 1);
    if (Atomics.load(word, C.SEQUENCE) === sequence) {
      const f = functions[word[C.MODULE]]?.[word[C.FUNCTION]], tasks = word[C.TASKS], grain = word[C.GRAIN], count = word[C.COUNT];
      const values = [];
      for (let i = 0; i < count; i++) values.push(word[C.VALUES + i]);
      const local = word[C.LOCAL_PLACE];
      if (local >= 0) values[local] = word[C.LOCAL_BASE] + (id + 1) * word[C.LOCAL_STRIDE];
      for (;;) {
        const t0 = Atomics.add(word, C.NEXT, grain);
        if (t0 >= tasks) break;
        const t1 = Math.min(tasks, t0 + grain);
        f(...values, t0, t1);
        Atomics.add(word, C.DONE, t1 - t0);
      }
    }
    Atomics.store(word, C.BUSY + id, 0);
  }
};
`;

/** The whole program of a worker under Node, and in a browser. */
export const nodeWorker = `${workerSource} start(require("node:worker_threads").workerData, (ended) => process.on("exit", ended));`;
export const browserWorker = `${workerSource} onmessage = (event) => start(event.data, (ended) => { onerror = ended; });`;
