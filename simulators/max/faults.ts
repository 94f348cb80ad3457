import { z } from "zod";
import { seeded } from "./chance.ts";

/** What can go wrong with one answer. */
export const Fault = z.discriminatedUnion("kind", [
  /** 429; `retryAfter` (seconds, or any text) becomes the header, without it there is none. */
  z.strictObject({ kind: z.literal("rate_limit"), retryAfter: z.union([z.int(), z.string()]).optional() }),
  /** An error answer in MAX's shape (5xx, 401, 403 …). */
  z.strictObject({
    kind: z.literal("status"),
    status: z.int().min(400).max(599),
    code: z.string().optional(),
    message: z.string().optional(),
  }),
  /**
   * The connection is reset: before anything is answered, or after `afterBytes` of the body (default half of it).
   * A reset may overtake bytes the client has not read yet; `cut` never does.
   */
  z.strictObject({
    kind: z.literal("reset"),
    when: z.enum(["before", "body"]).optional(),
    afterBytes: z.int().nonnegative().optional(),
  }),
  /** The connection ends (without a reset) after exactly `afterBytes` of the body (default half of it). */
  z.strictObject({ kind: z.literal("cut"), afterBytes: z.int().nonnegative().optional() }),
  /** A proxy's page: HTML with status 200. */
  z.strictObject({ kind: z.literal("html") }),
  /** The request is taken and never answered. */
  z.strictObject({ kind: z.literal("hang") }),
  /** The right answer, `chunk` bytes (default 16) every `pauseMs` (default 100). */
  z.strictObject({
    kind: z.literal("slow"),
    chunk: z.int().positive().optional(),
    pauseMs: z.int().nonnegative().optional(),
  }),
  /** A media link answers 403 this once, as an expired one does. */
  z.strictObject({ kind: z.literal("expired_media") }),
]);
export type Fault = z.infer<typeof Fault>;

const where = {
  /** The path without its query; `*` stands for any text. */
  path: z.string().min(1),
  method: z.string().optional(),
  /** Text that stands in the query, such as `chat_id=-5`. */
  query: z.string().optional(),
};
export const FaultInput = z.strictObject({ ...where, times: z.int().positive().optional(), fault: Fault });
export const FaultChanceInput = z.strictObject({
  seed: z.int(),
  rules: z.array(z.strictObject({ ...where, probability: z.number().min(0).max(1), fault: Fault })),
});

interface Where {
  readonly path: string;
  readonly method?: string | undefined;
  readonly query?: string | undefined;
}

/** Whether `path` fits `pattern`, where `*` stands for any text. */
export function fits(pattern: string, path: string): boolean {
  const source = pattern
    .split("*")
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
  return new RegExp(`^${source}$`).test(path);
}

/** Decides which request meets which fault: first the queue in its order, then chance. */
export class Faults {
  #queue: { where: Where; left: number; fault: Fault }[] = [];
  #rules: z.infer<typeof FaultChanceInput>["rules"] = [];
  #random = seeded(0);
  readonly #counts = new Map<string, number>();

  /** The next `times` (default 1) requests that fit meet `fault`. */
  plan(input: z.infer<typeof FaultInput>): void {
    this.#queue.push({ where: input, left: input.times ?? 1, fault: input.fault });
  }

  /** From now on each request that fits a rule meets its fault with that probability. Replaces earlier rules. */
  chance(input: z.infer<typeof FaultChanceInput>): void {
    this.#rules = input.rules;
    this.#random = seeded(input.seed);
  }

  /** Forgets what is planned. Counters stay. */
  clear(): void {
    this.#queue = [];
    this.#rules = [];
  }

  /** The fault this request meets, counted; null: none. */
  next(method: string, path: string, query: string): Fault | null {
    const planned = this.#queue.find((p) => matches(p.where, method, path, query));
    if (planned !== undefined) {
      planned.left -= 1;
      if (planned.left === 0) this.#queue = this.#queue.filter((p) => p !== planned);
      return this.#count(planned.fault);
    }
    for (const rule of this.#rules) {
      if (matches(rule, method, path, query) && this.#random() < rule.probability)
        return this.#count(rule.fault);
    }
    return null;
  }

  /** Faults met so far by kind. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  /** Planned and not met yet. */
  get planned(): number {
    return this.#queue.reduce((sum, p) => sum + p.left, 0);
  }

  #count(fault: Fault): Fault {
    this.#counts.set(fault.kind, (this.#counts.get(fault.kind) ?? 0) + 1);
    return fault;
  }
}

function matches(where: Where, method: string, path: string, query: string): boolean {
  if (where.method !== undefined && where.method !== method) return false;
  return fits(where.path, path) && query.includes(where.query ?? "");
}
