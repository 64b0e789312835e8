/** Ctrl-C: the first is a request, the second ends the process. In a process of its own. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const tsx = pathToFileURL(createRequire(`${root}package.json`).resolve("tsx")).href;
const notebook = new URL("../src/index.ts", import.meta.url).href;

let child: ChildProcess | undefined;
afterEach(() => {
  child?.kill("SIGKILL");
});

/** Runs `script` behind an import of `onInterrupt`; `said` resolves when the text is on stdout. */
function start(script: string) {
  const code = `import { onInterrupt } from ${JSON.stringify(notebook)};\n${script}`;
  const started = spawn(process.execPath, ["--import", tsx, "--input-type=module", "--eval", code], { cwd: root });
  child = started;
  let text = "";
  started.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const said = async (wanted: string): Promise<void> => {
    while (!text.includes(wanted)) {
      if (started.exitCode !== null) throw new Error(`it ended without saying "${wanted}":\n${text}`);
      await Promise.race([once(started.stdout, "data"), once(started, "close")]);
    }
  };
  return { started, said, ended: once(started, "exit") as Promise<[number | null, string | null]> };
}

describe("onInterrupt", () => {
  const patient = `
      const interruption = onInterrupt("stopping soon");
      const timer = setInterval(() => {
        console.log("requested: " + interruption.requested);
        if (!interruption.requested) return;
        clearInterval(timer);
        setTimeout(() => console.log("some time later"), 1000);
        setInterval(() => {}, 1000);
      }, 20);`;

  it("asks once, then ends the process with 130", async () => {
    const { started, said, ended } = start(patient);
    await said("requested: false");
    started.kill("SIGINT");
    await said("stopping soon");
    await said("requested: true");
    await said("some time later");
    started.kill("SIGINT");
    expect(await ended).toEqual([130, null]);
  });

  it("takes one press that arrives several times for one, also when a step is being computed", async () => {
    const { started, said, ended } = start(`
      process.on("SIGINT", () => {
        const until = performance.now() + 150;
        while (performance.now() < until) {}
      });${patient}`);
    await said("requested: false");
    for (let i = 0; i < 3; i++) {
      started.kill("SIGINT");
      await delay(20);
    }
    await said("some time later");
    started.kill("SIGINT");
    expect(await ended).toEqual([130, null]);
  });

  it("leaves Ctrl-C alone once it is disposed of", async () => {
    const { started, said, ended } = start(`
      onInterrupt()[Symbol.dispose]();
      setInterval(() => console.log("alive"), 20);`);
    await said("alive");
    started.kill("SIGINT");
    expect(await ended).toEqual([null, "SIGINT"]);
  });
});
