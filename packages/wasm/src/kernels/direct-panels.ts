/**
 * Panels of a direct convolution in generated code: full ones, all alike, then those of the plan's `lastPanels`.
 */

import { type FunctionBuilder, i32, type Local } from "../assembler/index.ts";
import { type DirectPlan, type Panel, panelWidth } from "./direct-plan.ts";

export type PanelSize = Pick<Panel, "channels" | "packed">;

const sizeKey = ({ channels, packed }: PanelSize): string => `${channels} of ${packed}`;

/** Full panels, and each that is not. */
const fullPanels = ({ panelCount, lastPanels }: DirectPlan): number => panelCount - lastPanels.length;

/** The sizes that panels have, each once. */
export function panelSizes(plan: DirectPlan): PanelSize[] {
  const width = panelWidth(plan);
  const full = fullPanels(plan) > 0 ? [{ channels: width, packed: width }] : [];
  const sizes = [...full, ...plan.lastPanels].map((size) => [sizeKey(size), size] as const);
  return [...new Map(sizes).values()];
}

/** First result channel of a panel. */
export function firstChannel(f: FunctionBuilder, plan: DirectPlan, panel: Local<"i32">): Local<"i32"> {
  const first = f.let(i32.mul(panel, panelWidth(plan)));
  // The first of the last panels starts where a full one would.
  plan.lastPanels.slice(1).forEach((last, i) => {
    f.if(i32.eq(panel, fullPanels(plan) + 1 + i), () => f.set(first, last.first));
  });
  return first;
}

/** Emits `body` once for each size of panel, and the choice between them. */
export function forPanel(
  f: FunctionBuilder,
  plan: DirectPlan,
  panel: Local<"i32">,
  body: (size: PanelSize) => void,
): void {
  const full = fullPanels(plan);
  const width = panelWidth(plan);
  const choose = (i: number): void => {
    const last = plan.lastPanels[i]!;
    if (i + 1 === plan.lastPanels.length) body(last);
    else
      f.if(
        i32.eq(panel, full + i),
        () => body(last),
        () => choose(i + 1),
      );
  };
  if (plan.lastPanels.length === 0) body({ channels: width, packed: width });
  else if (full === 0) choose(0);
  else
    f.if(
      i32.ltU(panel, full),
      () => body({ channels: width, packed: width }),
      () => choose(0),
    );
}
