/**
 * `History`: what `fit` gives back. It is plain data; printed, it is a line for each epoch.
 */

import type { EpochResult } from "./training-state.ts";

export interface History {
  /** The loss of each step. */
  readonly losses: readonly number[];
  readonly epochs: readonly EpochResult[];
  /** A line for each epoch. */
  toString(): string;
}

/** Epochs of a long training that are printed: the first and the last ones. */
const FIRST = 3;
const LAST = 7;

/** The history, with a short form for `console.log` that is no field of it. */
export function historyOf(losses: readonly number[], epochs: readonly EpochResult[]): History {
  const history = { losses, epochs };
  const text = { value: () => formatHistory(history), enumerable: false };
  return Object.defineProperties(history, { toString: text, [Symbol.for("nodejs.util.inspect.custom")]: text });
}

function formatHistory({ losses, epochs }: Pick<History, "losses" | "epochs">): string {
  const lines = epochs.map(
    ({ epoch, loss, validation = { samples: 0 } }) =>
      `  epoch ${epoch + 1}  ${[["loss", loss] as const, ...judged(validation)].map(([k, v]) => `${k} ${short(v)}`).join("  ")}`,
  );
  const left = lines.length - FIRST - LAST;
  if (left > 1) lines.splice(FIRST, left, `  … ${left} epochs`);
  return [`History of ${losses.length} steps in ${epochs.length} epochs`, ...lines].join("\n");
}

function judged(validation: Readonly<Record<string, number>>): (readonly [string, number])[] {
  return Object.entries(validation)
    .filter(([name]) => name !== "samples")
    .map(([name, value]) => [`validation ${name}`, value]);
}

function short(value: number): string {
  return Number.isInteger(value) ? `${value}` : value.toPrecision(4);
}
