/**
 * How a map is done: its loops, what changes in which of them, and how work is cut into tasks.
 */

import type { MapKernel } from "@prewitt/core";
import { ExpressionEmitter, expressionKey, type Level, type Levels, shortDType } from "./expression.ts";
import type { CodeOptions } from "./kernel.ts";
import { type Loop, loopsKey, makeLoops, memoryOrder, sizeOf } from "./nest.ts";
import { ceilDiv, type DTypes, stridesOfAll, TASK_WORK } from "./shaped.ts";

/** Everything that the code of a map depends on, and how its work is cut. */
export interface MapPlan {
  readonly expression: MapKernel["expression"];
  readonly dtypes: DTypes;
  /** The outermost first; operands are the reads, then the writes. The first extent is an argument. */
  readonly loops: readonly Loop[];
  /** Elements of a task, along one loop; rows of a task otherwise. */
  readonly chunk: number;
  /** Elements of a piece, where rows are so long that tasks take pieces of them; else 0. */
  readonly piece: number;
  /** Neighbouring vectors that are computed in lockstep, so that they join. */
  readonly together: number;
  readonly key: string;
}

/** Axes whose index an expression reads. */
export function indexedAxes({ instructions }: MapKernel["expression"]): Set<number> {
  return new Set(instructions.flatMap((i) => (i.op === "index" ? [i.axis] : [])));
}

export type MapSpec = Pick<MapKernel, "shape" | "expression" | "reads" | "writes">;

export function levelsOf(loops: readonly Loop[]): Levels {
  const inner = loops.length - 1;
  const ofLoops = (moves: (loop: Loop) => boolean): Level => {
    if (inner >= 0 && moves(loops[inner]!)) return 2;
    return loops.slice(0, Math.max(0, inner)).some(moves) ? 1 : 0;
  };
  return {
    read: (operand) => ofLoops((loop) => loop.strides[operand] !== 0),
    index: (axis) => ofLoops((loop) => loop.axis === axis),
  };
}

export function mapPlan(
  { shape, expression, reads, writes }: MapSpec,
  dtypes: DTypes,
  { wide = false }: Pick<CodeOptions, "wide">,
): MapPlan {
  const together = wide ? 2 : 1;
  const keep = indexedAxes(expression);
  const axes = memoryOrder(shape, writes[0]?.strides ?? []);
  const loops = makeLoops({ shape, axes, strides: stridesOfAll([...reads, ...writes]), keep });
  // No axis at all, or only axes of extent 1: a loop of one step.
  if (loops.length === 0) loops.push({ extent: sizeOf(shape), strides: [...reads, ...writes].map(() => 0), axis: -1 });
  // A row of less than a vector wastes lanes: the loop around it makes the rows, unless its extent is an argument.
  const [around, shortest] = loops.slice(-2);
  if (loops.length > 2 && shortest!.extent < 4 && around!.extent >= 8) loops.splice(-2, 2, shortest!, around!);
  const cost = 1 + new ExpressionEmitter(expression, levelsOf(loops)).cost / 8;
  const work = Math.max(1024, 16 * Math.floor(TASK_WORK / 4 / cost / 16));
  const row = loops.length === 1 ? 0 : loops.at(-1)!.extent;
  const piece = row > 2 * work ? work : 0;
  const chunk = row === 0 ? work : Math.max(1, Math.floor(work / row));
  const types = [...dtypes.reads, "float32" as const, ...dtypes.writes].map((d) => shortDType[d]).join("");
  const key = `map${together > 1 ? ` ×${together}` : ""} ${expressionKey(expression)} ${types}${dtypes.reads.length} ${loopsKey(loops, true)}`;
  return { expression, dtypes, loops, chunk, piece, together, key };
}

export function mapTasks(plan: MapPlan, outer: number): number {
  const inner = sizeOf(plan.loops.slice(1).map((loop) => loop.extent));
  if (outer === 0 || inner === 0) return 0;
  if (plan.loops.length === 1) return ceilDiv(outer, plan.chunk);
  const rows = outer * sizeOf(plan.loops.slice(1, -1).map((loop) => loop.extent));
  return plan.piece > 0 ? rows * ceilDiv(plan.loops.at(-1)!.extent, plan.piece) : ceilDiv(rows, plan.chunk);
}
