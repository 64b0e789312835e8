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
import { type Loop, loopsKey, makeLoops, memoryOrder } from "./nest.ts";
import { countTasks, cutRows, emitRows, onceLoop, type RowTasks, rowStrides, rowsKey } from "./row-tasks.ts";
import { type ElementBytes, emitRow, type Source } from "./rows.ts";
import { type Arguments, argument } from "./shaped.ts";
import { emitTransposed } from "./transposed.ts";

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
  /** Operands are target and source. */
  readonly rows: RowTasks;
  /** Where the row is a plane that is transposed: the loop along which the target runs. */
  readonly along: Loop | undefined;
  readonly key: string;
}

const TASK_BYTES = 1 << 16;

export function movePlan({ shape, to, from, bytes, taskBytes = TASK_BYTES }: MoveSpec): MovePlan {
  const pattern = from instanceof Uint8Array ? from : undefined;
  const strides = from instanceof Uint8Array ? [to] : [to, from];
  const loops = makeLoops({ shape, axes: memoryOrder(shape, to), strides });
  if (loops.length === 0) loops.push({ ...onceLoop(0), strides: strides.map(() => 1) });
  const last = loops.at(-1)!;
  const across = pattern === undefined && bytes === 4 ? crossing(loops) : undefined;
  const along = across === undefined ? undefined : last;
  const row = across ?? (loops.length > 1 ? last : undefined);
  const outer = loops.filter((loop) => loop !== row && loop !== along);
  // An outermost extent that is part of a tile is a constant.
  if (outer[0] !== loops[0]) outer.unshift(onceLoop(strides.length));
  const plain = last.strides[0] === 1 && (last.strides[1] === 1 || last.strides[1] === 0);
  const kind = pattern !== undefined ? "fill" : along !== undefined ? "transposed" : plain ? "run" : "strided";
  const rows = cutRows(outer, row, taskBytes / bytes, along?.extent);
  const hex = [...(pattern ?? [])].map((b) => b.toString(16).padStart(2, "0")).join("");
  const key = `move ${kind}${hex} ${bytes} ${rowsKey(rows)}${along === undefined ? "" : ` ${loopsKey([along], false)}`}`;
  return { kind, bytes, pattern, rows, along, key };
}

/** The loop along which the source is contiguous, where the target's innermost loop is another and tiles pay. */
function crossing(loops: readonly Loop[]): Loop | undefined {
  const last = loops.at(-1)!;
  if (last.strides[0] !== 1 || Math.abs(last.strides[1]!) <= 1 || last.extent < 4) return undefined;
  return loops.find((loop) => loop.strides[1] === 1 && loop.extent >= 4);
}

interface MoveRange {
  /** Target, and source unless the move is a fill. */
  readonly bases: readonly Index[];
  readonly extent: Index;
  readonly t0: Index;
  readonly t1: Index;
}

/** Emits the move between addresses for tasks [t0, t1). */
export function emitMove(e: Emitter, plan: MovePlan, range: MoveRange): void {
  const { rows, along, bytes, pattern } = plan;
  const [to, from] = rowStrides(rows);
  const byte = pattern?.every((b) => b === pattern[0]) ? pattern[0] : undefined;
  const vector = pattern === undefined ? undefined : e.f.constant(v128.const([...pattern]));
  emitRows(e, rows, { ...range, bytes: range.bases.map(() => bytes) }, ([target, origin], count) => {
    if (along !== undefined) {
      emitTransposed(e, rows.row!, along, [target!, origin!], count);
      return;
    }
    const source: Source = vector === undefined ? { pointer: origin!, stride: from! } : { pattern: vector, byte };
    emitRow(e, { to: target!, stride: to!, bytes, count }, source);
  });
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
  const addresses = plan.pattern === undefined ? [names.to, names.from!] : [names.to];
  const parameters: Parameter[] = [...addresses, names.outer, names.start].map(argument);
  return {
    key: plan.key,
    parameters,
    tasks: (extents) => countTasks(plan.rows, extents[names.outer]!),
    define: (module: ModuleBuilder): FunctionHandle =>
      module.function({ name: plan.key, parameters: signature(parameters) }, (f, named) => {
        const p = named as Arguments;
        const e = new Emitter(module, f);
        const target = e.let(i32.add(p[names.to]!, p[names.start]!));
        const bases: Index[] = plan.pattern === undefined ? [target, p[names.from!]!] : [target];
        emitMove(e, plan, { bases, extent: p[names.outer]!, t0: p.t0!, t1: p.t1! });
      }),
  };
}
