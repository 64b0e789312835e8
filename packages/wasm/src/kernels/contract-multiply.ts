/**
 * The inner part of a contraction: some rows of a × some panels of b over one block of k, by register tiles. Rows are cut
 * evenly (never 6 + 6 + 1), so tiles of every size up to the largest exist as code.
 */

import { type FunctionBuilder, type FunctionHandle, i32, type Local, type ModuleBuilder } from "../assembler/index.ts";
import { packTile } from "./contract-pack.ts";
import type { ContractPlan } from "./contract-plan.ts";
import type { Epilogue, EpilogueVector } from "./epilogue.ts";
import type { MultiplyAdd } from "./kernel.ts";
import { accumulate, loadLanes, storeLanes, zero } from "./tile.ts";

const own = {
  /** First row of a at the first k of the block; first panel of b there. */
  a: "i32",
  b: "i32",
  /** The result, and byte offsets in it of the first row at the first column, and of that column in a row. */
  c: "i32",
  offset: "i32",
  column: "i32",
  rows: "i32",
  panels: "i32",
  count: "i32",
  /** Whether sums start here (else they lie in c), and whether they end here. */
  first: "i32",
  last: "i32",
  /** Bytes from panel to panel of b. */
  panelStep: "i32",
  local: "i32",
} as const;

type Own = { readonly [K in keyof typeof own]: Local<"i32"> };

/** Defines the function of `own`'s parameters, then the epilogue's. */
export function defineBlock(
  module: ModuleBuilder,
  name: string,
  plan: ContractPlan,
  epilogue: Epilogue | undefined,
  madd: MultiplyAdd,
): FunctionHandle<"void"> {
  return module.function({ name, parameters: { ...own, ...epilogue?.parameters }, export: false }, (f, all) => {
    const p = all as unknown as Own;
    const extra = Object.fromEntries(
      Object.keys(epilogue?.parameters ?? {}).map((key) => [key, all[key as "a"] as Local]),
    );
    const parts = f.let(i32.divU(i32.add(p.rows, plan.rows - 1), plan.rows));
    const left = f.let(p.rows);
    f.while(
      () => i32.gtS(left, 0),
      () => {
        // Even parts: the larger ones first, size ⌈left / parts⌉ of what is left.
        const size = f.let(i32.divU(i32.sub(i32.add(left, parts), 1), parts));
        const bodies = Array.from(
          { length: plan.rows },
          (_, r) => () => tileRow(f, plan, p, { size: r + 1, epilogue, extra, madd }),
        );
        f.switch(i32.sub(size, 1), bodies);
        f.set(left, i32.sub(left, size));
        f.increment(parts, -1);
        f.set(p.a, i32.add(p.a, i32.mul(size, plan.a.m * 4)));
        f.set(p.offset, i32.add(p.offset, i32.mul(size, plan.n * 4)));
      },
    );
  });
}

interface TileRow {
  readonly size: number;
  readonly epilogue: Epilogue | undefined;
  readonly extra: Readonly<Record<string, Local>>;
  readonly madd: MultiplyAdd;
}

/** `size` rows of a against all panels of the block. */
function tileRow(f: FunctionBuilder, plan: ContractPlan, p: Own, row: TileRow): void {
  const { size } = row;
  if (plan.packA) packTile(f, size, plan.a.k * 4, plan.a.m * 4, p.a, p.local, p.count);
  const b = f.let(p.b);
  const place = f.let(p.offset);
  const column = f.let(p.column);
  const panel = f.local("i32");
  const tailWidth = plan.n - (plan.panels - 1) * plan.width;
  f.for(panel, 0, p.panels, 1, () => {
    const body = (width: number) => () => tile(f, plan, p, row, { b, place, column, width });
    if (tailWidth === plan.width) body(plan.width)();
    else if (plan.panels === 1) body(tailWidth)();
    else f.if(i32.eq(column, (plan.panels - 1) * plan.width * 4), body(tailWidth), body(plan.width));
    f.set(b, i32.add(b, p.panelStep));
    f.increment(place, plan.width * 4);
    f.increment(column, plan.width * 4);
  });
}

interface TilePlace {
  readonly b: Local<"i32">;
  readonly place: Local<"i32">;
  readonly column: Local<"i32">;
  readonly width: number;
}

function tile(
  f: FunctionBuilder,
  plan: ContractPlan,
  p: Own,
  row: TileRow,
  { b, place, column, width }: TilePlace,
): void {
  const { size, madd } = row;
  const vectors = Math.ceil(width / 4);
  const accumulators = f.locals("v128", size * vectors);
  const lanes = (k: number): number => Math.min(4, width - 4 * (k % vectors));
  const at = (k: number): number => Math.floor(k / vectors) * plan.n * 4 + 16 * (k % vectors);
  const target = f.let(i32.add(p.c, place));
  f.if(
    p.first,
    () => zero(f, accumulators),
    () => accumulators.forEach((value, k) => void f.set(value, loadLanes(target, lanes(k), at(k)))),
  );
  const [rowStep, kStep] = plan.packA ? [4, 4 * size] : [plan.a.m * 4, plan.a.k * 4];
  accumulate(f, {
    accumulators,
    a: {
      pointer: f.let(plan.packA ? p.local : p.a),
      offsets: Array.from({ length: size }, (_, r) => r * rowStep),
      step: kStep,
    },
    b: {
      pointer: f.let(b),
      offsets: Array.from({ length: vectors }, (_, v) => 16 * v),
      step: plan.packB === "none" ? plan.b.k * 4 : plan.width * 4,
    },
    count: plan.k !== undefined && plan.k <= plan.blockK && plan.chunks === 1 ? plan.k : p.count,
    unroll: plan.unroll,
    madd,
  });
  if (row.epilogue !== undefined) {
    const places = accumulators.map(
      (value, k): EpilogueVector => ({
        value,
        offset: i32.add(place, at(k)),
        channel: i32.add(column, 16 * (k % vectors)),
        lanes: lanes(k),
      }),
    );
    f.if(p.last, () => row.epilogue?.emit(f, row.extra, places));
  }
  accumulators.forEach((value, k) => {
    f.do(...storeLanes(target, value, lanes(k), at(k)));
  });
}
