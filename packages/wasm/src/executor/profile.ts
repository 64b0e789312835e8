/**
 * A kernel-by-kernel profile: time, floating-point operations and bytes, summed over the runs that it saw, and the share
 * of the machine's peak. Winograd's kernels count the operations of the direct algorithm, four times what they do: their
 * shares may pass 100 %.
 *
 * @example
 * const executor = wasmExecutor();
 * executor.profile = new Profile({ peak: measurePeak(executor) });
 * …
 * console.log(`${executor.profile}`);
 */

import type { Kernel as ProgramKernel } from "@prewitt/core";
import type { WasmProgram } from "./prepared.ts";

export interface ProfileRow {
  /** Kind, ops and module paths of the kernel. */
  readonly name: string;
  readonly variant: string;
  milliseconds: number;
  /** Runs of the kernel, and of its stages. */
  runs: number;
  stages: number;
  flops: number;
  bytes: number;
}

export interface ProfileOptions {
  /** GFLOP/s of the machine, see `measurePeak`; without it no shares are printed. */
  readonly peak?: number | undefined;
}

export class Profile {
  readonly #peak: number | undefined;
  readonly #rows = new Map<WasmProgram, (ProfileRow | undefined)[]>();

  constructor({ peak }: ProfileOptions = {}) {
    this.#peak = peak;
  }

  /** Runs one stage of a kernel and adds its time; the last stage ends the kernel's run. */
  measure(program: WasmProgram, kernel: number, last: boolean, run: () => void): void {
    const start = performance.now();
    run();
    const row = this.#row(program, kernel);
    row.milliseconds += performance.now() - start;
    row.stages++;
    if (last) row.runs++;
  }

  #row(program: WasmProgram, kernel: number): ProfileRow {
    const rows = this.#rows.get(program) ?? [];
    this.#rows.set(program, rows);
    const known = rows[kernel];
    if (known !== undefined) return known;
    const described = program.program.kernels[kernel] as ProgramKernel;
    const row: ProfileRow = {
      name: nameOf(described),
      variant: program.variants[kernel] as string,
      milliseconds: 0,
      runs: 0,
      stages: 0,
      flops: program.flopsOf(kernel),
      bytes: program.bytesOf(kernel),
    };
    rows[kernel] = row;
    return row;
  }

  /** All kernels, the dearest first. `flops` and `bytes` are those of one run of the kernel. */
  rows(): ProfileRow[] {
    const all = [...this.#rows.values()].flatMap((rows) => rows.filter((r) => r !== undefined));
    return all.sort((a, b) => b.milliseconds - a.milliseconds);
  }

  toString(): string {
    const rows = this.rows();
    const total = rows.reduce((sum, r) => sum + r.milliseconds, 0);
    const lines = rows.map((r) => {
      const each = r.milliseconds / Math.max(1, r.runs);
      const share = `${((100 * r.milliseconds) / total).toFixed(1)} %`;
      const rate = r.flops / each / 1e6;
      const ofPeak = this.#peak === undefined ? "" : `${((100 * rate) / this.#peak).toFixed(0)} %`.padStart(6);
      const speed = `${`${rate.toFixed(1)} GFLOP/s`.padStart(14)}${ofPeak} ${`${(r.bytes / each / 1e6).toFixed(1)} GB/s`.padStart(11)}`;
      return `${share.padStart(7)} ${each.toFixed(3).padStart(9)} ms ${speed}  ${r.variant}  ${r.name}`;
    });
    const head =
      this.#peak === undefined
        ? []
        : [`  time, GFLOP/s and their share of the peak of ${this.#peak.toFixed(1)}, bytes`];
    return [...head, ...lines].join("\n");
  }
}

function nameOf(kernel: ProgramKernel): string {
  const origins = kernel.origins ?? [];
  const ops = origins.map((o) => o.op).join(" ");
  const scope = origins[0]?.scope ?? "";
  const direction = kernel.kind === "conv" ? ` ${kernel.direction}` : "";
  return `${kernel.kind}${direction}: ${ops}${scope === "" ? "" : `  (${scope})`}`;
}
