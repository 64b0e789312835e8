/** The same work on PyTorch, where a Python has it: rows of python/pytorch.py on standard output. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { say } from "./row.ts";

const script = fileURLToPath(new URL("../python/pytorch.py", import.meta.url));

/** Large blocks stay with the process instead of going back to the system after every step: up to six times faster. */
const malloc = {
  MALLOC_MMAP_THRESHOLD_: "4294967296",
  MALLOC_TRIM_THRESHOLD_: "8589934592",
  MALLOC_TOP_PAD_: "268435456",
};

/** @param python Path of a Python 3 with PyTorch. */
export function pytorch(python: string, what: readonly string[], threads: number, seconds: number): void {
  const count = `${threads}`;
  for (const name of what) {
    say(`PyTorch: ${name}`);
    // Bound threads are faster but for matrix products, whose library then sees one core only.
    const tuned = {
      OMP_NUM_THREADS: count,
      OPENBLAS_NUM_THREADS: count,
      OMP_PROC_BIND: name === "W1" ? "false" : "true",
    };
    const { status, error } = spawnSync(
      python,
      [script, "--what", name, "--threads", count, "--seconds", `${seconds}`],
      {
        env: { ...process.env, ...malloc, ...tuned },
        stdio: ["ignore", "inherit", "inherit"],
      },
    );
    if (status === 0) continue;
    say(
      `PyTorch did not run by ${python} (${error?.message ?? `exit code ${status}`}): --pytorch takes a Python that has it`,
    );
    process.exitCode = 2;
    return;
  }
}
