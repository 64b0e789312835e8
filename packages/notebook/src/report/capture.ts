/**
 * Loaded before a notebook of which a report is made (`--import`): copies what it prints and the error that ends it into
 * the stream. The notebook itself runs as it does without.
 */

import { session } from "@prewitt/core";
import { environmentOf } from "../runs/environment.ts";
import { linesIn, NOTEBOOK_VARIABLE, report, runningLine } from "./events.ts";

const write = process.stdout.write.bind(process.stdout) as (...args: unknown[]) => boolean;
process.stdout.write = ((...args: unknown[]): boolean => {
  const [chunk] = args;
  const text = typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk as Uint8Array);
  report({ type: "text", line: runningLine(), text });
  return write(...args);
}) as typeof process.stdout.write;

process.on("uncaughtExceptionMonitor", (error: unknown) => {
  const text = error instanceof Error ? (error.stack ?? String(error)) : String(error);
  report({ type: "error", line: linesIn(text, process.env[NOTEBOOK_VARIABLE] ?? "")[0] ?? 0, text });
});

process.on("exit", () => report({ type: "end", seed: session.seed, environment: { ...environmentOf() } }));
