/** A workload: its cases, each a function that does one run of the work. */

export interface Case {
  readonly name: string;
  /** Floating-point operations of one run. */
  readonly flops?: number;
  /** Images or steps of one run. */
  readonly items?: number;
  readonly memory?: boolean;
  run(): void;
}

export interface WorkloadOptions {
  /** Only this batch size, where the workload has several. */
  readonly batch?: number | undefined;
}

export interface Workload {
  readonly what: string;
  readonly about: string;
  /** Cases are made one after another, so that only one holds memory. */
  cases(options: WorkloadOptions): Iterable<Case>;
}
