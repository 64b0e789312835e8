/**
 * `pool`: windowed reductions and their gradients over any strides and dtypes, as one stage. See `pool-plan.ts` for how it
 * is cut, `pool-windows.ts` for the forward modes, `pool-gradient.ts` and `pool-indexed.ts` for the others.
 *
 * Parameters: `read0` …, `write0` …, `outer` (images, or planes of all images).
 */

import type { PoolKernel } from "@prewitt/core";
import { shortDType } from "./expression.ts";
import type { CodeOptions } from "./kernel.ts";
import { type PoolCode, poolStage, type Unit } from "./pool-code.ts";
import { averageBody, maxBody } from "./pool-forward.ts";
import { emitCellRow, emitCoveredRow, fitsCells } from "./pool-gradient.ts";
import { emitScatteredPlanes, emitTakeRow } from "./pool-indexed.ts";
import { poolPlan, windowsApart } from "./pool-plan.ts";
import { emitWindowRow } from "./pool-windows.ts";
import type { DTypes, ShapedKernel } from "./shaped.ts";

/** How the rows of a mode are computed, and how many there are. */
interface Form {
  readonly name: string;
  readonly emit: (code: PoolCode, unit: Unit) => void;
  readonly unitRows: number;
  /** Elements that a row of one plane visits. */
  readonly rowWork: number;
}

function formOf({ mode, geometry: { axes } }: PoolKernel, inWindow: boolean): Form {
  const [rows, columns] = axes;
  const windowWork = columns.output * rows.kernel * columns.kernel;
  switch (mode) {
    case "max":
    case "average": {
      const body = mode === "max" ? maxBody : averageBody;
      const emit = (code: PoolCode, unit: Unit): void => emitWindowRow(code, unit, 2, body);
      return { name: "windows", emit, unitRows: rows.output, rowWork: windowWork };
    }
    case "maxTake":
      return { name: "by index", emit: emitTakeRow, unitRows: rows.output, rowWork: 4 * columns.output };
    default: {
      if (mode === "maxGradient" && !inWindow) {
        const rowWork = rows.input * columns.input + 4 * rows.output * columns.output;
        return { name: "by index", emit: emitScatteredPlanes, unitRows: 1, rowWork };
      }
      if (windowsApart(axes) && fitsCells(rows, columns)) {
        return { name: "cells", emit: emitCellRow, unitRows: rows.output, rowWork: windowWork };
      }
      const covering = Math.ceil(rows.kernel / rows.stride) * Math.ceil(columns.kernel / columns.stride);
      return { name: "covering", emit: emitCoveredRow, unitRows: rows.input, rowWork: 2 * columns.input * covering };
    }
  }
}

/**
 * @param inWindow Whether each index is known to lie in the window that it belongs to, because max-pooling made it. Other
 * indices may point anywhere in the plane.
 */
export function poolKernel(
  kernel: PoolKernel,
  dtypes: DTypes,
  { relaxed }: CodeOptions,
  inWindow = false,
): ShapedKernel {
  const { geometry: g, mode } = kernel;
  const form = formOf(kernel, inWindow);
  const plan = poolPlan(kernel, dtypes, { relaxed, unitRows: form.unitRows, rowWork: form.rowWork });
  const places = [...plan.reads, ...plan.writes]
    .map((o) => `${shortDType[o.dtype]}${o.image},${o.plane},${o.row},${o.column}`)
    .join(" ");
  const axes = g.axes
    .map((a) => [a.input, a.kernel, a.stride, a.padBefore, a.padAfter, a.dilation, a.output].join(","))
    .join(" ");
  const code = `${plan.planes ?? "joined"} ${relaxed ? "" : "plain "}${kernel.countIncludePad ? "pad " : ""}`;
  const key = `pool ${mode} ${form.name} ${code}${axes} | ${places}`;
  const empty = g.batch * g.channels * form.unitRows === 0;
  const lanes = plan.planes === undefined ? "images and channels" : "channels";
  return {
    variant: `pool ${mode} ${form.name}, lanes along ${lanes}`,
    stages: empty ? [] : [poolStage(plan, key, form.emit)],
    scratch: () => ({ shared: {}, local: 0 }),
    flops: () => g.batch * g.channels * g.axes[0].output * g.axes[1].output * g.axes[0].kernel * g.axes[1].kernel,
    extents: { outer: plan.planes === undefined ? g.batch * g.channels : g.batch },
  };
}
