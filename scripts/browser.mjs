// The browser that the tests of reports open: Chromium as the system has it. On CI it is installed where it is missing,
// as root on Debian and its kin; elsewhere its absence is told, and the tests are counted as skipped.

import { existsSync } from "node:fs";
import { run } from "./workspace.mjs";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const packages = ["install", "-y", "--no-install-recommends", "chromium", "fonts-liberation"];

/** A stage of the tests: passed when there is a browser afterwards, failed when CI has none, else skipped. */
export async function provideBrowser() {
  if (places.some(existsSync)) return { passed: 1, failed: 0, output: "" };
  if (!process.env.CI) {
    const how = process.platform === "linux" ? ": apt-get install chromium" : "";
    return { passed: 0, failed: 0, skipped: 1, output: "", note: `no browser in ${places.join(", ")}${how}` };
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const update = await run("apt-get", ["update"], { env });
  const { output } = await run("apt-get", packages, { env });
  if (places.some(existsSync)) return { passed: 1, failed: 0, output: "", note: "installed" };
  return {
    passed: 0,
    failed: 1,
    output: `There is no browser, and it could not be installed:\n${update.output}${output}`,
  };
}
