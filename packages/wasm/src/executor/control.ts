/** The words of shared memory through which the main thread and its workers talk, as 32-bit indices. */

export const MAX_WORKERS = 64;
export const MAX_VALUES = 64;

export const control = {
  /** Even while a job is open, odd while the next one is described. */
  SEQUENCE: 0,
  QUIT: 1,
  /** Rises when modules come or go; the table of modules, see module-table.ts, and how many slots it has in use. */
  VERSION: 2,
  MODULE_TABLE: 3,
  SLOTS: 4,
  /** The function of the job: slot of its module, and its place among the module's exports. */
  MODULE: 5,
  FUNCTION: 6,
  TASKS: 7,
  GRAIN: 8,
  COUNT: 9,
  LOCAL_PLACE: 10,
  LOCAL_BASE: 11,
  LOCAL_STRIDE: 12,
  /** 1 + the worker that ended in the middle of a job. */
  FAILED: 13,
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

/** Bytes at the start of the memory that they take. */
export const CONTROL_BYTES: number = control.WORDS * 4;
