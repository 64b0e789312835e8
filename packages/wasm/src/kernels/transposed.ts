/**
 * Generated code that copies a plane of 4-byte elements while its axes change places: the source runs along `across`
 * (stride 1 there), the target along `along` (stride 1 there). Panels of 16 source neighbours, 4×4 tiles in registers.
 */

import { i32, type Local, shuffle32, v128 } from "../assembler/index.ts";
import type { Emitter, Index, Vector } from "./emitter.ts";
import type { Loop } from "./nest.ts";
import { emitRow } from "./rows.ts";

/** Loops have strides of target and source, in elements; `count` elements of `across` are done. */
export function emitTransposed(
  e: Emitter,
  across: Loop,
  along: Loop,
  [to, from]: readonly [Index, Index],
  count: number | Local<"i32">,
): void {
  const { f } = e;
  e.scope(() => {
    const target = e.variable(to);
    const source = e.variable(from);
    const left = e.variable(typeof count === "number" ? i32.const(count) : count);
    for (const width of [16, 4, 1]) {
      f.while(
        () => i32.geS(left, width),
        () => {
          e.scope(() => panel(e, across, along, target, source, width));
          f.increment(target, width * across.strides[0]! * 4);
          f.increment(source, width * 4);
          f.increment(left, -width);
        },
      );
    }
  });
}

/** `width` neighbours of the source, over the whole extent of `along`. */
function panel(e: Emitter, across: Loop, along: Loop, target: Local<"i32">, source: Local<"i32">, width: number): void {
  const { f } = e;
  if (width === 1) {
    emitRow(
      e,
      { to: target, stride: 1, bytes: 4, count: along.extent },
      { pointer: source, stride: along.strides[1]! },
    );
    return;
  }
  // One pointer a target row of each tile, so that strides of any sign need no negative offsets.
  const rows = Array.from({ length: width }, (_, r) => e.variable(i32.add(target, r * across.strides[0]! * 4)));
  const columns = [0, 1, 2, 3].map((c) => e.variable(i32.add(source, c * along.strides[1]! * 4)));
  f.repeat(along.extent >> 2, () => {
    for (let r = 0; r < width; r += 4) {
      e.scope(() => {
        const tile = columns.map((column) => e.let(v128.load(column, 4 * r)));
        transpose(e, tile as [Vector, Vector, Vector, Vector]).forEach((row, i) => {
          f.do(v128.store(rows[r + i]!, row));
        });
      });
    }
    for (const row of rows) f.increment(row, 16);
    for (const column of columns) f.increment(column, 4 * along.strides[1]! * 4);
  });
  for (let k = 0; k < along.extent % 4; k++) {
    for (let r = 0; r < width; r += 4) {
      e.scope(() => {
        const values = e.let(v128.load(columns[k]!, 4 * r));
        for (let i = 0; i < 4; i++) f.do(v128.store32Lane(rows[r + i]!, values, i, 4 * k));
      });
    }
  }
}

function transpose(e: Emitter, [a, b, c, d]: readonly [Vector, Vector, Vector, Vector]): Vector[] {
  const ab = [e.let(shuffle32(a, b, [0, 4, 1, 5])), e.let(shuffle32(a, b, [2, 6, 3, 7]))];
  const cd = [e.let(shuffle32(c, d, [0, 4, 1, 5])), e.let(shuffle32(c, d, [2, 6, 3, 7]))];
  return [0, 1].flatMap((half) => [
    shuffle32(ab[half]!, cd[half]!, [0, 1, 4, 5]),
    shuffle32(ab[half]!, cd[half]!, [2, 3, 6, 7]),
  ]);
}
