import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    reporters: process.env.CI ? ["dot"] : ["default"],
    testTimeout: 60_000,
  },
});
