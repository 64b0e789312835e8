/**
 * A kernel-by-kernel profile: time, floating-point operations and bytes, summed over the runs that it saw.
 *
 * @example
 * const executor = wasmExecutor();
 * executor.profile = new Profile();
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

export class Profile {
  readonly #rows = new Map<WasmProgram, (ProfileRow | undefined)[]>();

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
      const speed = `${(r.flops / each / 1e6).toFixed(1)} GFLOP/s  ${(r.bytes / each / 1e6).toFixed(1)} GB/s`;
      return `${share.padStart(7)} ${each.toFixed(3).padStart(9)} ms  ${speed.padEnd(32)} ${r.variant}  ${r.name}`;
    });
    return lines.join("\n");
  }
}

function nameOf(kernel: ProgramKernel): string {
  const origins = kernel.origins ?? [];
  const ops = origins.map((o) => o.op).join(" ");
  const scope = origins[0]?.scope ?? "";
  const direction = kernel.kind === "conv" ? ` ${kernel.direction}` : "";
  return `${kernel.kind}${direction}: ${ops}${scope === "" ? "" : `  (${scope})`}`;
}
