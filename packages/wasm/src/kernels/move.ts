/**
 * Elements from one strided place to another, or one value into a strided place: what `copy` is made of, and what other
 * kinds stage operands with. Loops follow the memory of the target; the outermost extent is an argument.
 *
 * Where the innermost loop of the target is not that of the source (channels-first to channels-last), 16×4 tiles of
 * 4-byte elements are transposed in registers: panels of 16 elements read whole cache lines of the source.
 */

import { type FunctionHandle, i32, type ModuleBuilder, v128 } from "../assembler/index.ts";
import { Emitter, type Index } from "./emitter.ts";
import { type Parameter, type Stage, signature } from "./kernel.ts";
import { type Loop, loopsKey, makeLoops, memoryOrder, sizeOf } from "./nest.ts";
import { type ElementBytes, emitRow, type Source } from "./rows.ts";
import { type Arguments, argument, ceilDiv, smaller } from "./shaped.ts";
import { emitTransposed } from "./transposed.ts";
import { Walker } from "./walker.ts";

export interface MoveSpec {
  readonly shape: readonly number[];
  /** Strides of the target, in elements. */
  readonly to: readonly number[];
  /** Strides of the source, or the 16 bytes that repeat all over the target. */
  readonly from: readonly number[] | Uint8Array;
  readonly bytes: ElementBytes;
  /** Bytes that a task should move. */
  readonly taskBytes?: number | undefined;
}

export interface MovePlan {
  readonly kind: "run" | "strided" | "transposed" | "fill";
  readonly bytes: ElementBytes;
  readonly pattern: Uint8Array | undefined;
  /** Loops around a row, the first with a run-time extent; operands are target and source. */
  readonly outer: readonly Loop[];
  /** The row: the innermost loop, or two that are transposed (source's, target's). Empty: `outer` is the row. */
  readonly inner: readonly Loop[];
  /** Rows of a task; elements where there is no inner loop. */
  readonly chunk: number;
  /** Elements of the first inner loop in a task, where rows are cut; else 0. */
  readonly piece: number;
  readonly key: string;
}

const TASK_BYTES = 1 << 16;

export function movePlan({ shape, to, from, bytes, taskBytes = TASK_BYTES }: MoveSpec): MovePlan {
  const pattern = from instanceof Uint8Array ? from : undefined;
  const strides = from instanceof Uint8Array ? [to] : [to, from];
  const loops = makeLoops({ shape, axes: memoryOrder(shape, to), strides });
  if (loops.length === 0) loops.push({ extent: 1, strides: strides.map(() => 1), axis: -1 });
  const across = pattern === undefined && bytes === 4 ? crossing(loops) : -1;
  const inner = across >= 0 ? [loops[across]!, loops.at(-1)!] : loops.length > 1 ? [loops.at(-1)!] : [];
  const outer = loops.filter((loop) => !inner.includes(loop));
  // An outermost extent that is part of a tile is a constant.
  if (outer[0] !== loops[0]) outer.unshift({ extent: 1, strides: strides.map(() => 0), axis: -1 });
  const last = loops.at(-1)!;
  const plain = last.strides[0] === 1 && (last.strides[1] === 1 || last.strides[1] === 0);
  const kind = pattern !== undefined ? "fill" : across >= 0 ? "transposed" : plain ? "run" : "strided";
  const work = Math.max(1, Math.floor(taskBytes / bytes));
  const row = sizeOf(inner.map((loop) => loop.extent));
  const rest = inner.length > 1 ? inner[1]!.extent : 1;
  const piece = inner.length > 0 && row > 2 * work ? 16 * Math.max(1, Math.floor(work / rest / 16)) : 0;
  const chunk = inner.length === 0 ? work : Math.max(1, Math.floor(work / Math.max(1, row)));
  const what =
    pattern === undefined ? kind : `fill ${[...pattern].map((b) => b.toString(16).padStart(2, "0")).join("")}`;
  const cut = taskBytes === TASK_BYTES ? "" : ` cut ${taskBytes}`;
  const key = `move ${what} ${bytes}${cut} ${loopsKey(outer, true)} | ${loopsKey(inner, false)}`;
  return { kind, bytes, pattern, outer, inner, chunk, piece, key };
}

/** The loop along which the source is contiguous, where the target's innermost loop is another and tiles pay. */
function crossing(loops: readonly Loop[]): number {
  const last = loops.at(-1)!;
  if (last.strides[0] !== 1 || Math.abs(last.strides[1]!) <= 1 || last.extent < 4) return -1;
  return loops.findIndex((loop) => loop.strides[1] === 1 && loop.extent >= 4);
}

export function moveTasks({ outer, inner, chunk, piece }: MovePlan, extent: number): number {
  const rows = extent * sizeOf(outer.slice(1).map((loop) => loop.extent));
  if (rows === 0 || sizeOf(inner.map((loop) => loop.extent)) === 0) return 0;
  return piece > 0 ? rows * ceilDiv(inner[0]!.extent, piece) : ceilDiv(rows, chunk);
}

/** Emits the move between addresses for tasks [t0, t1). */
export function emitMove(
  e: Emitter,
  plan: MovePlan,
  bases: readonly Index[],
  extent: Index,
  t0: Index,
  t1: Index,
): void {
  const { f } = e;
  const { outer, inner, bytes, chunk, piece, pattern } = plan;
  const walker = new Walker(
    e,
    outer,
    bases.map(() => bytes),
  );
  const source = (from: Index | undefined, stride: number | undefined): Source => {
    if (pattern === undefined) return { pointer: from!, stride: stride! };
    const byte = pattern.every((b) => b === pattern[0]) ? pattern[0] : undefined;
    return { pattern: f.constant(v128.const([...pattern])), byte };
  };
  const block = (count: number | undefined, given?: ReturnType<typeof smaller>): void => {
    const [to, from] = walker.pointers;
    if (inner.length === 2) emitTransposed(e, inner[0]!, inner[1]!, [to!, from!], given ?? inner[0]!.extent);
    else {
      const { strides } = inner[0] ?? outer[0]!;
      emitRow(e, { to: to!, stride: strides[0]!, bytes, count: given ?? count! }, source(from, strides[1]));
    }
  };
  if (inner.length === 0) {
    const start = e.let(i32.mul(t0, chunk));
    const count = e.variable(i32.sub(smaller(e, i32.mul(t1, chunk), extent), start));
    walker.seek(bases, start);
    block(undefined, count);
    return;
  }
  const row = inner[0]!.extent;
  const pieces = piece > 0 ? ceilDiv(row, piece) : 1;
  if (piece > 0) {
    const t = e.variable(t0);
    f.while(
      () => i32.ltS(t, t1),
      () => {
        const rowIndex = e.let(i32.divU(t, pieces));
        const first = e.let(i32.mul(i32.remU(t, pieces), piece));
        walker.seek(bases, rowIndex);
        walker.pointers.forEach((pointer, k) => {
          f.increment(pointer, i32.mul(first, inner[0]!.strides[k]! * bytes));
        });
        block(undefined, smaller(e, i32.sub(row, first), i32.const(piece)));
        f.increment(t, 1);
      },
    );
    return;
  }
  const rows = e.let(i32.mul(extent, sizeOf(outer.slice(1).map((loop) => loop.extent))));
  const start = e.let(i32.mul(t0, chunk));
  const left = e.variable(i32.sub(smaller(e, i32.mul(t1, chunk), rows), start));
  walker.seek(bases, start);
  f.while(
    () => i32.gtS(left, 0),
    () => {
      e.scope(() => block(row));
      walker.advance();
      f.increment(left, -1);
    },
  );
}

/** Names of a move's parameters: addresses, the outermost extent, and bytes that the target begins after `to`. */
export interface MoveNames {
  readonly to: string;
  /** Absent for fills. */
  readonly from?: string | undefined;
  readonly outer: string;
  readonly start: string;
}

/** The move as one stage. Stages of equal layouts share their code, wherever the target begins. */
export function moveStage(plan: MovePlan, names: MoveNames): Stage {
  const parameters: Parameter[] = [
    names.to,
    ...(plan.pattern === undefined ? [names.from!] : []),
    names.outer,
    names.start,
  ].map(argument);
  return {
    key: plan.key,
    parameters,
    tasks: (extents) => moveTasks(plan, extents[names.outer]!),
    define: (module: ModuleBuilder): FunctionHandle =>
      module.function({ name: plan.key, parameters: signature(parameters) }, (f, named) => {
        const p = named as Arguments;
        const e = new Emitter(module, f);
        const bases: Index[] = [e.let(i32.add(p[names.to]!, p[names.start]!))];
        if (plan.pattern === undefined) bases.push(p[names.from!]!);
        emitMove(e, plan, bases, p[names.outer]!, p.t0!, p.t1!);
      }),
  };
}
