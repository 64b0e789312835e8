/** Runs the scripts of this folder in processes of their own. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const tsx = pathToFileURL(createRequire(`${here}../../package.json`).resolve("tsx")).href;

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `script` to its end; `onOutput` sees stdout as it comes. */
export async function runScript(
  script: string,
  args: readonly string[],
  options: {
    readonly node?: readonly string[];
    readonly onOutput?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
  } = {},
): Promise<Outcome> {
  const child = spawn(process.execPath, [...(options.node ?? []), "--import", tsx, here + script, ...args]);
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    options.onOutput?.(out, (signal) => child.kill(signal));
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out, err };
}
