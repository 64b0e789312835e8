/**
 * Error samples: the class, and the message word for word but for the user's line.
 */

import { type OpErrorCase, type OpSamples, PrewittError } from "@prewitt/core";
import type { BatteryCase } from "./battery.ts";

export function errorCases(samples: OpSamples): BatteryCase[] {
  return (samples.errors ?? []).map((sample) => ({
    name: `${samples.op}: error, ${sample.name}`,
    op: samples.op,
    run: () => expectError(sample),
  }));
}

/** The message without the line of the user's code. */
export function messageLines(message: string): string[] {
  return message.split("\n").filter((line) => !line.startsWith("  at "));
}

function expectError(sample: OpErrorCase): void {
  let thrown: unknown;
  try {
    sample.make();
  } catch (error) {
    thrown = error;
  }
  if (thrown === undefined) throw new Error(`nothing was thrown, expected ${sample.error}`);
  if (!(thrown instanceof PrewittError)) throw thrown;
  if (thrown.name !== sample.error)
    throw new Error(`${thrown.name} was thrown, expected ${sample.error}:\n${thrown.message}`);
  const { message } = sample;
  const lines = messageLines(thrown.message);
  const fits = message instanceof RegExp ? message.test(lines.join("\n")) : lines.join("\n") === message.join("\n");
  if (fits) return;
  const wanted = message instanceof RegExp ? String(message) : message.join("\n");
  throw new Error(`the message differs\n--- thrown\n${lines.join("\n")}\n--- expected\n${wanted}`);
}
