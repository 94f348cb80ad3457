import type { z } from "zod";
import type { OpenProblem } from "./bridge-api.ts";
import type { Operation } from "./operations/operation.ts";

/** A hand on the bridge: on the one that runs, else on its store. */
export interface Reached {
  /**
   * Has an operation done and gives its answer. Throws {@link Unanswered} when none came, which the program tells
   * the person: no command need catch it.
   */
  ask<I extends z.ZodType, O extends z.ZodType>(
    operation: Operation<I, O>,
    input: z.output<I>,
  ): Promise<z.output<O>>;
  /** Whether a bridge runs, as far as was seen last. */
  readonly running: boolean;
  close(): Promise<void>;
}

/** No answer came: the bridge ended meanwhile, is of another version, or took too long. */
export class Unanswered extends Error {
  readonly problem: OpenProblem;
  constructor(problem: OpenProblem) {
    super(problem.code);
    this.problem = problem;
  }
}
