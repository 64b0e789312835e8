/**
 * Pass: puts maps into the kernels around them. It never changes a bit: every instruction keeps its rounding, and
 * nothing is contracted or reassociated.
 *
 * - map into map, over the same index space;
 * - map into the prologue of a reduction;
 * - map into the epilogue of a kernel that computes its operand (bias and activation behind a convolution).
 */

import { allReads, type Kernel, type MapKernel, type ReduceKernel } from "../program/kernels.ts";
import { type Operand, sameView } from "../program/operand.ts";
import type { Buffer, Program } from "../program/program.ts";
import { flopsOf, ScalarBuilder, type ScalarExpression } from "../program/scalar.ts";
import type { ExecutorTraits } from "../run/executor.ts";
import type { DType } from "../tensor/dtype.ts";
import { sameShape } from "../tensor/shape.ts";

/** A producer that several kernels read is computed again in each only when it is at most this dear. */
const CHEAP = 3;

interface State {
  readonly kernels: (Kernel | undefined)[];
  /** Kernel that writes each buffer. */
  readonly writer: Map<number, number>;
  /** Kernels that read each buffer. */
  readonly readers: Map<number, Set<number>>;
  /** Buffers that are results. */
  readonly results: ReadonlySet<number>;
  dtypeOf(operand: Operand): DType;
}

export function fuse(program: Program, traits: ExecutorTraits): Program {
  const state: State = {
    kernels: [...program.kernels],
    writer: new Map(),
    readers: new Map(),
    results: new Set([...program.outputs.map((o) => o.buffer), ...program.assigns.map((a) => a.value.buffer)]),
    dtypeOf: (operand) => (program.buffers[operand.buffer] as Buffer).dtype,
  };
  for (const [i, kernel] of program.kernels.entries()) index(state, kernel, i);
  const inline = (copies: boolean): void => {
    for (let i = 0; i < state.kernels.length; i++) {
      const kernel = state.kernels[i];
      if (kernel?.kind === "map" && traits.fuseMaps) intoMap(state, i, traits, copies);
      else if (kernel?.kind === "reduce" && traits.prologues.has("reduce")) intoPrologue(state, i, traits, copies);
    }
  };
  inline(false);
  for (let i = 0; i < state.kernels.length; i++) {
    if (state.kernels[i]?.kind === "map") intoEpilogue(state, i, traits);
  }
  // Copies of cheap maps come last: one that reads a convolution would keep the next map out of its epilogue.
  inline(true);
  return { ...program, kernels: state.kernels.filter((k) => k !== undefined) };
}

function index(state: State, kernel: Kernel, i: number): void {
  for (const w of kernel.writes) state.writer.set(w.buffer, i);
  for (const r of allReads(kernel)) {
    const readers = state.readers.get(r.buffer) ?? new Set<number>();
    readers.add(i);
    state.readers.set(r.buffer, readers);
  }
}

function unindex(state: State, kernel: Kernel, i: number): void {
  for (const r of allReads(kernel)) state.readers.get(r.buffer)?.delete(i);
}

function replace(state: State, i: number, next: Kernel | undefined): void {
  const old = state.kernels[i];
  if (old !== undefined) unindex(state, old, i);
  state.kernels[i] = next;
  if (next !== undefined) index(state, next, i);
}

/** The map that computes `read`, if it may be computed inside the kernel that reads it. */
function producerOf(
  state: State,
  read: Operand,
  shape: readonly number[],
  budget: number,
  copies: boolean,
): { at: number; map: MapKernel } | undefined {
  const at = state.writer.get(read.buffer);
  const map = at === undefined ? undefined : state.kernels[at];
  if (at === undefined || map?.kind !== "map" || map.writes.length !== 1) return undefined;
  if (!sameView(read, map.writes[0] as Operand) || !sameShape(map.shape, shape)) return undefined;
  if (map.expression.instructions.length > budget) return undefined;
  const only = !state.results.has(read.buffer) && state.readers.get(read.buffer)?.size === 1;
  if (!only && (!copies || flopsOf(map.expression) > CHEAP || map.reads.length > 2 || dear(map.expression)))
    return undefined;
  return { at, map };
}

function dear(expression: ScalarExpression): boolean {
  const simple = new Set([
    "read",
    "const",
    "index",
    "cast",
    "add",
    "sub",
    "mul",
    "neg",
    "min",
    "max",
    "select",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "and",
    "or",
    "not",
  ]);
  return expression.instructions.some((i) => !simple.has(i.op));
}

/** `outer` with operand `operand` computed by `inner` in place; operands are renumbered to `reads`. */
function substitute(
  outer: ScalarExpression,
  outerReads: readonly Operand[],
  operand: number,
  inner: MapKernel,
): { expression: ScalarExpression; reads: Operand[] } {
  const builder = new ScalarBuilder();
  const reads: Operand[] = [];
  const place = (read: Operand): number => {
    const known = reads.findIndex((r) => sameView(r, read) && sameShape(r.shape, read.shape));
    return known >= 0 ? known : reads.push(read) - 1;
  };
  let computed: number | undefined;
  const results = builder.inline(
    outer,
    (k, dtype) => {
      if (k !== operand) return builder.read(place(outerReads[k] as Operand), dtype);
      computed ??= builder.inline(
        inner.expression,
        (n, d) => builder.read(place(inner.reads[n] as Operand), d),
        (axis) => builder.index(axis),
      )[0] as number;
      return computed;
    },
    (axis) => builder.index(axis),
  );
  return { expression: builder.build(results), reads };
}

function dropIfUnread(state: State, at: number): void {
  const kernel = state.kernels[at];
  if (kernel === undefined) return;
  if (kernel.writes.every((w) => !state.results.has(w.buffer) && (state.readers.get(w.buffer)?.size ?? 0) === 0))
    replace(state, at, undefined);
}

function intoMap(state: State, i: number, traits: ExecutorTraits, copies: boolean): void {
  for (let changed = true; changed; ) {
    changed = false;
    const kernel = state.kernels[i] as MapKernel;
    for (let k = 0; k < kernel.reads.length && !changed; k++) {
      const budget = traits.maxExpression - kernel.expression.instructions.length;
      const found = producerOf(state, kernel.reads[k] as Operand, kernel.shape, budget, copies);
      if (found === undefined) continue;
      const { expression, reads } = substitute(kernel.expression, kernel.reads, k, found.map);
      replace(state, i, {
        ...kernel,
        reads,
        expression,
        origins: [...(found.map.origins ?? []), ...(kernel.origins ?? [])],
      });
      dropIfUnread(state, found.at);
      changed = true;
    }
  }
}

function intoPrologue(state: State, i: number, traits: ExecutorTraits, copies: boolean): void {
  for (let changed = true; changed; ) {
    changed = false;
    const kernel = state.kernels[i] as ReduceKernel;
    for (let k = 0; k < kernel.reads.length && !changed; k++) {
      const budget = traits.maxExpression - kernel.prologue.instructions.length;
      const found = producerOf(state, kernel.reads[k] as Operand, kernel.shape, budget, copies);
      if (found === undefined) continue;
      const { expression, reads } = substitute(kernel.prologue, kernel.reads, k, found.map);
      replace(state, i, {
        ...kernel,
        reads,
        prologue: expression,
        origins: [...(found.map.origins ?? []), ...(kernel.origins ?? [])],
      });
      dropIfUnread(state, found.at);
      changed = true;
    }
  }
}

/** Puts a map behind the contraction or convolution whose result it alone reads. */
function intoEpilogue(state: State, i: number, traits: ExecutorTraits): void {
  const map = state.kernels[i] as MapKernel;
  if (map.writes.length !== 1) return;
  for (let k = 0; k < map.reads.length; k++) {
    const read = map.reads[k] as Operand;
    const at = state.writer.get(read.buffer);
    const producer = at === undefined ? undefined : state.kernels[at];
    if (at === undefined || producer === undefined || !traits.epilogues.has(producer.kind)) continue;
    if (producer.kind !== "contract" && producer.kind !== "conv") continue;
    if (producer.epilogue !== undefined || state.results.has(read.buffer) || state.readers.get(read.buffer)?.size !== 1)
      continue;
    const write = producer.writes[0] as Operand;
    if (!sameView(read, write) || !sameShape(map.shape, write.shape)) continue;
    if (!sameView({ ...(map.writes[0] as Operand), buffer: write.buffer }, write)) continue;
    if (map.expression.instructions.some((n) => n.op === "index")) continue;
    if (!map.reads.every((r) => r.buffer !== read.buffer || sameView(r, read))) continue;
    const others = map.reads.filter((r) => r.buffer !== read.buffer);
    if (state.dtypeOf(map.writes[0] as Operand) !== state.dtypeOf(write)) continue;
    const builder = new ScalarBuilder();
    const results = builder.inline(
      map.expression,
      (n, dtype) => {
        const r = map.reads[n] as Operand;
        return builder.read(r.buffer === read.buffer ? 0 : 1 + others.indexOf(r), dtype);
      },
      (axis) => builder.index(axis),
    );
    const epilogue = builder.build(results);
    if (traits.acceptsEpilogue?.(producer, epilogue, others, state.dtypeOf) === false) continue;
    const joined: Kernel = {
      ...producer,
      writes: map.writes,
      epilogue,
      epilogueReads: others,
      origins: [...(producer.origins ?? []), ...(map.origins ?? [])],
    };
    // It runs where the map ran: everything that the map reads is computed by then.
    replace(state, at, undefined);
    replace(state, i, joined);
    return;
  }
}
