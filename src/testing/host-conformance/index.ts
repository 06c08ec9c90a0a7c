import { captureChecks } from "./capture-checks.js";
import { commitChecks } from "./commit-checks.js";
import type { HostFixture } from "./fixture.js";
import { interactionChecks } from "./interaction-checks.js";
import { runChecks } from "./run-checks.js";

export type { HostFixture, HostUnderTest, SeenLayer } from "./fixture.js";

/** One check of the suite, ready to run. */
export interface HostConformanceCheck {
  readonly name: string;
  /** Why the host cannot pass it, if the fixture excludes it. */
  readonly excluded: string | undefined;
  /** Runs it on documents of its own; rejects if the host fails it, or if an excluded check passes. */
  run(): Promise<void>;
}

/** What became of a check. */
export interface HostConformanceResult {
  readonly name: string;
  /** Why the host failed it; undefined if it passed, or is excluded with a reason. */
  readonly error: string | undefined;
}

const definitions = [...captureChecks, ...commitChecks, ...runChecks, ...interactionChecks];

/**
 * What every `EditorHost` does: pixels go through bit for bit, results land where they were taken, undo restores, nothing is
 * overwritten, failures leave the document as it was. Any test runner can run them, in a page too.
 *
 * @param fixture - the adapter, and what a person does in its editor
 * @returns the checks, each independent of the others
 * @throws RangeError if the fixture excludes a check that does not exist
 *
 * @example
 * ```ts
 * for (const check of hostConformanceChecks(fixture)) test(check.name, () => check.run());
 * ```
 */
export function hostConformanceChecks(fixture: HostFixture): readonly HostConformanceCheck[] {
  const exclusions = fixture.exclusions ?? {};
  for (const name of Object.keys(exclusions)) {
    if (!definitions.some((definition) => definition.name === name)) {
      throw new RangeError(`there is no check ${JSON.stringify(name)} to exclude`);
    }
  }
  return definitions.map(({ name, run }) => {
    const excluded = exclusions[name];
    return {
      name,
      excluded,
      async run() {
        if (excluded === undefined) return run(fixture);
        const hasPassed = await run(fixture).then(
          () => true,
          () => false,
        );
        if (hasPassed) throw new Error(`passes, though it is excluded: ${excluded}`);
      },
    };
  });
}

/**
 * Runs all checks, one after the other: for a page, which tells its test the results.
 *
 * @param fixture - the adapter, and what a person does in its editor
 * @returns what became of each
 */
export async function runHostConformance(fixture: HostFixture): Promise<readonly HostConformanceResult[]> {
  const results: HostConformanceResult[] = [];
  for (const check of hostConformanceChecks(fixture)) {
    try {
      await check.run();
      results.push({ name: check.name, error: undefined });
    } catch (error) {
      results.push({ name: check.name, error: error instanceof Error ? error.message : String(error) });
    }
  }
  return results;
}

/**
 * Makes each check a test of Jest, Vitest or another runner with their `describe` and `test`.
 *
 * @param name - names the group, such as the adapter's class
 * @param fixture - the adapter, and what a person does in its editor
 * @param runner - the runner's functions
 *
 * @example
 * ```ts
 * import { describe, test } from "@jest/globals";
 *
 * describeHostConformance("MyHost", fixture, { describe, test });
 * ```
 */
export function describeHostConformance(
  name: string,
  fixture: HostFixture,
  runner: {
    readonly describe: (name: string, define: () => void) => void;
    readonly test: (name: string, run: () => Promise<void>) => void;
  },
): void {
  runner.describe(`${name} as an EditorHost`, () => {
    for (const check of hostConformanceChecks(fixture)) {
      runner.test(
        check.excluded === undefined ? check.name : `excluded, ${check.excluded}: ${check.name}`,
        () => check.run(),
      );
    }
  });
}
