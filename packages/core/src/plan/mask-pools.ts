/**
 * Pass: moves the mask of a rectifier from behind the gradient of a max pool to before it, where there are as many fewer
 * elements as a window has, and where the kernel that computes the cotangent takes it into its epilogue.
 *
 * With y = max over windows of x, taken at i(w), and the mask m(v) = 0 where v ≤ 0, else 1:
 *
 *     m(x[p]) · Σ_{w: i(w) = p} dy[w]  =  Σ_{w: i(w) = p} m(y[w]) · dy[w],   because y[w] = x[i(w)].
 *
 * Bit for bit: all windows that took p agree about the mask, so the sum is the same, or one of zeros; NaN is handed on by
 * the pool and not masked, before and after.
 */

import { allReads, type Kernel, type MapKernel, type PoolKernel } from "../program/kernels.ts";
import { type Operand, sameView } from "../program/operand.ts";
import type { Buffer, Program } from "../program/program.ts";
import { ScalarBuilder, type ScalarExpression } from "../program/scalar.ts";
import type { ExecutorTraits } from "../run/executor.ts";
import { sameShape } from "../tensor/shape.ts";

interface Found {
  /** Numbers of the kernels: the comparison, the choice, the gradient. */
  readonly compare: number;
  readonly choose: number;
  readonly gradient: number;
  /** The maxima, and the buffer that holds them. */
  readonly pooled: Operand;
}

export function maskPools(program: Program, traits: ExecutorTraits): Program {
  if (!traits.fuseMaps) return program;
  const kernels: Kernel[][] = program.kernels.map((kernel) => [kernel]);
  const buffers = [...program.buffers];
  const uses = new Uses(program);
  program.kernels.forEach((_, choose) => {
    const found = findMask(program, uses, choose);
    if (found === undefined) return;
    const { compare, gradient, pooled } = found;
    const pool = program.kernels[gradient] as PoolKernel;
    const [dy, index] = pool.reads as readonly [Operand, Operand];
    const { dtype } = buffers[dy.buffer] as Buffer;
    const target = { ...pooled, buffer: buffers.length };
    buffers.push({ ...(buffers[pooled.buffer] as Buffer), id: target.buffer, role: "temporary", index: -1, dtype });
    const origins = [compare, choose].flatMap((i) => program.kernels[i]?.origins ?? []);
    const masked: MapKernel = {
      kind: "map",
      shape: pooled.shape,
      reads: [pooled, dy],
      writes: [target],
      expression: maskOf(dtype),
      origins,
    };
    const { writes } = program.kernels[choose] as MapKernel;
    kernels[gradient] = [masked, { ...pool, reads: [target, index], writes }];
    kernels[choose] = [];
    if (uses.onlyReader((program.kernels[compare] as MapKernel).writes[0] as Operand) === choose) kernels[compare] = [];
  });
  return { ...program, buffers, kernels: kernels.flat() };
}

/** Who writes and reads what. */
class Uses {
  readonly #program: Program;
  readonly #writers = new Map<number, number>();
  readonly #readers = new Map<number, Set<number>>();
  readonly #results: ReadonlySet<number>;

  constructor(program: Program) {
    this.#program = program;
    program.kernels.forEach((kernel, i) => {
      for (const w of kernel.writes) this.#writers.set(w.buffer, i);
      for (const r of allReads(kernel)) {
        const readers = this.#readers.get(r.buffer) ?? new Set<number>();
        this.#readers.set(r.buffer, readers.add(i));
      }
    });
    this.#results = new Set([...program.outputs, ...program.assigns.map((a) => a.value)].map((o) => o.buffer));
  }

  /** The kernel that writes what the operand reads, as it writes it. */
  writerOf(read: Operand): { readonly at: number; readonly kernel: Kernel } | undefined {
    const at = this.#writers.get(read.buffer);
    const kernel = at === undefined ? undefined : this.#program.kernels[at];
    if (at === undefined || kernel?.writes.some((w) => sameView(w, read)) !== true) return undefined;
    return { at, kernel };
  }

  /** The one kernel that reads a buffer which is no result, else −1. */
  onlyReader({ buffer }: Operand): number {
    const readers = [...(this.#readers.get(buffer) ?? [])];
    return readers.length === 1 && !this.#results.has(buffer) ? (readers[0] as number) : -1;
  }
}

function findMask(program: Program, uses: Uses, choose: number): Found | undefined {
  const map = program.kernels[choose];
  if (map?.kind !== "map" || map.writes.length !== 1 || map.reads.length !== 2) return undefined;
  const choice = choiceOf(map.expression);
  if (choice === undefined) return undefined;
  const [test, value] = choice.map((k) => map.reads[k] as Operand) as [Operand, Operand];
  const compare = uses.writerOf(test);
  const gradient = uses.writerOf(value);
  if (compare?.kernel.kind !== "map" || !isPositiveTest(compare.kernel)) return undefined;
  if (gradient?.kernel.kind !== "pool" || gradient.kernel.mode !== "maxGradient") return undefined;
  if (uses.onlyReader(value) !== choose) return undefined;
  if (!sameView({ ...(map.writes[0] as Operand), buffer: value.buffer }, value)) return undefined;
  const [dy, index] = gradient.kernel.reads as readonly [Operand, Operand];
  const forward = uses.writerOf(index);
  const x = compare.kernel.reads[0] as Operand;
  if (forward?.kernel.kind !== "pool" || forward.kernel.mode !== "max") return undefined;
  const [pooled, taken] = forward.kernel.writes as readonly [Operand, Operand];
  if (!sameView(taken, index) || !sameView(forward.kernel.reads[0] as Operand, x)) return undefined;
  if (JSON.stringify(forward.kernel.geometry) !== JSON.stringify(gradient.kernel.geometry)) return undefined;
  const buffer = program.buffers[pooled.buffer] as Buffer;
  if (!sameShape(buffer.shape, pooled.shape) || !sameShape(dy.shape, pooled.shape)) return undefined;
  if (buffer.dtype !== program.buffers[dy.buffer]?.dtype) return undefined;
  return { compare: compare.at, choose, gradient: gradient.at, pooled };
}

/** `r ≤ 0` */
function isPositiveTest({ expression, reads }: MapKernel): boolean {
  const { instructions, results } = expression;
  const test = instructions[results[0] ?? -1];
  if (reads.length !== 1 || results.length !== 1 || test?.op !== "le" || instructions.length !== 3) return false;
  const bound = instructions[test.b];
  return instructions[test.a]?.op === "read" && bound?.op === "const" && bound.value === 0;
}

/** The numbers of condition and value in `condition ? +0 : value`. */
function choiceOf({ instructions, results }: ScalarExpression): readonly [number, number] | undefined {
  const choice = instructions[results[0] ?? -1];
  if (results.length !== 1 || choice?.op !== "select" || instructions.length !== 4) return undefined;
  const [condition, zero, value] = [choice.a, choice.b, choice.c].map((i) => instructions[i]);
  if (condition?.op !== "read" || zero?.op !== "const" || !Object.is(zero.value, 0) || value?.op !== "read")
    return undefined;
  return [condition.operand, value.operand];
}

/** `maximum ≤ 0 ? 0 : cotangent` */
function maskOf(dtype: Buffer["dtype"]): ScalarExpression {
  const b = new ScalarBuilder();
  const zero = b.const(0, dtype);
  return b.build([b.select(b.binary("le", b.read(0, dtype), zero), zero, b.read(1, dtype))]);
}
