/**
 * Pass: which values of rank 4 lie channels-last in memory.
 *
 * An executor that wants channels-last gets it for whatever convolutions and pools read and write, and for everything
 * that elementwise kernels, reductions and copies connect with these, so that a layout changes only at the edges.
 * Weights and their gradients stay in logical order, like the variables they meet. Logical shapes never change: only the
 * strides of operands do.
 */

import type { ConvKernel, Kernel, PoolKernel } from "../program/kernels.ts";
import { allReads } from "../program/kernels.ts";
import type { Operand } from "../program/operand.ts";
import type { Buffer, Program } from "../program/program.ts";
import { type Shape, sameShape, stridesOf } from "../tensor/shape.ts";

/** Axes from slowest to fastest. */
export const CHANNELS_LAST: readonly number[] = [0, 2, 3, 1];

/** Strides of a dense array whose axes lie in `order`. */
export function orderedStrides(shape: Shape, order: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  let stride = 1;
  for (let i = order.length - 1; i >= 0; i--) {
    const axis = order[i] as number;
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
}

/** Whether the operand is dense with its axes in `order`. */
export function isDenseIn(operand: Operand, order: readonly number[]): boolean {
  const strides = orderedStrides(operand.shape, order);
  return operand.shape.every((n, i) => n === 1 || operand.strides[i] === strides[i]);
}

/** Which reads of a windowed kernel are activations; the others are weights. */
export function activationReads(kernel: ConvKernel | PoolKernel): readonly Operand[] {
  if (kernel.kind === "pool") return kernel.reads;
  return kernel.direction === "weightGradient" ? kernel.reads : kernel.reads.slice(0, 1);
}

/** Which writes of a windowed kernel are activations. */
export function activationWrites(kernel: ConvKernel | PoolKernel): readonly Operand[] {
  return kernel.kind === "conv" && kernel.direction === "weightGradient" ? [] : kernel.writes;
}

/**
 * Whether the axes of an operand of rank 4 are those of its buffer, in order. Through a view that turns them, the
 * channels of the operand are another axis of the buffer, whose layout then says nothing about the operand's.
 */
function isUpright(operand: Operand, { shape }: Buffer): boolean {
  const own = stridesOf(shape);
  return (
    operand.shape.length === 4 &&
    operand.shape.every((n, i) => n === 1 || (operand.strides[i] as number) % (own[i] as number) === 0)
  );
}

/** Numbers of the buffers that should lie channels-last, for a program lowered in logical order. */
export function channelsLastBuffers(program: Program): Set<number> {
  const groups = new Groups(program.buffers.length);
  const seeds = new Set<number>();
  const fixed = new Set<number>();
  // Matrix products write rows without gaps.
  const products = new Set(
    program.kernels.flatMap((k) => (k.kind === "contract" ? k.writes.map((w) => w.buffer) : [])),
  );
  const movable = (o: Operand): boolean => {
    const b = program.buffers[o.buffer] as Buffer;
    return b.role === "temporary" && b.shape.length === 4 && !products.has(o.buffer) && isUpright(o, b);
  };
  for (const kernel of program.kernels) {
    if (kernel.kind === "conv" || kernel.kind === "pool") {
      const activations = [...activationReads(kernel), ...activationWrites(kernel)].filter(movable);
      for (const o of activations) seeds.add(o.buffer);
      for (const o of [...kernel.reads, ...kernel.writes]) if (!activations.includes(o)) fixed.add(o.buffer);
    } else {
      const joined = connected(kernel, program).filter(movable);
      for (const o of joined) groups.join(o.buffer, (joined[0] as Operand).buffer);
    }
  }
  const wanted = new Set([...seeds].map((b) => groups.find(b)));
  const refused = new Set([...fixed].map((b) => groups.find(b)));
  const result = new Set(seeds);
  for (const b of program.buffers) {
    const root = groups.find(b.id);
    if (b.role === "temporary" && b.shape.length === 4 && wanted.has(root) && !refused.has(root)) result.add(b.id);
  }
  return result;
}

/** Operands that should share a layout: those that run over the whole index space. */
function connected(kernel: Kernel, program: Program): readonly Operand[] {
  const whole = (o: Operand, shape: Shape): boolean => sameShape((program.buffers[o.buffer] as Buffer).shape, shape);
  if (kernel.kind === "map" || kernel.kind === "reduce") {
    return [...allReads(kernel), ...kernel.writes].filter((o) => whole(o, kernel.shape));
  }
  return kernel.kind === "copy" ? [...kernel.reads, ...kernel.writes] : [];
}

/** Union–find over buffer numbers. */
class Groups {
  readonly #parent: number[];

  constructor(size: number) {
    this.#parent = Array.from({ length: size }, (_, i) => i);
  }
  find(i: number): number {
    let root = i;
    while (this.#parent[root] !== root) root = this.#parent[root] as number;
    for (let at = i; at !== root; ) {
      const next = this.#parent[at] as number;
      this.#parent[at] = root;
      at = next;
    }
    return root;
  }
  join(a: number, b: number): void {
    this.#parent[this.find(a)] = this.find(b);
  }
}
