import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes longest by far: begun last, one of them would run alone while the other worker has nothing to do. */
const long = [
  "e2e/storm/storm.test.ts",
  "seal/year.test.ts",
  "e2e/matrix/kills.test.ts",
  "e2e/web/run.test.ts",
  "e2e/web/restore.test.ts",
  "e2e/matrix/members.test.ts",
  "e2e/matrix/closed.test.ts",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = (file: TestSpecification): number => {
      const at = long.findIndex((name) => file.moduleId.endsWith(`/tests/${name}`));
      return at < 0 ? long.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"],
    globalSetup: "tests/own-home.ts",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
    // Files inherit the checker's own clock; tests inject theirs.
    sequence: { shuffle: false, sequencer: LongestFirst },
  },
});
