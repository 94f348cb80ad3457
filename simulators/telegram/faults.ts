import { z } from "zod";
import { seeded } from "./chance.ts";

/**
 * What can go wrong with one call. `accepted`: whether it took effect all the same; what is not accepted leaves no trace.
 */
export const Fault = z.discriminatedUnion("kind", [
  /** It takes effect, then the connection drops: what the real one does where a network fails. */
  z.strictObject({ kind: z.literal("accepted_then_dropped") }),
  /** The connection drops before it is accepted. */
  z.strictObject({ kind: z.literal("dropped") }),
  /** 502 with a proxy's page. */
  z.strictObject({ kind: z.literal("bad_gateway"), accepted: z.boolean().optional() }),
  /** Status 200 with what is no JSON. */
  z.strictObject({ kind: z.literal("garbage"), accepted: z.boolean().optional() }),
  /** Taken and never answered. */
  z.strictObject({ kind: z.literal("hang"), accepted: z.boolean().optional() }),
  /** The right answer, so many ms later. */
  z.strictObject({ kind: z.literal("slow"), ms: z.number().int().nonnegative() }),
  /** An error answer in Telegram's shape, in place of doing it. */
  z.strictObject({
    kind: z.literal("status"),
    status: z.number().int().min(400).max(599),
    description: z.string(),
    retryAfter: z.number().int().positive().optional(),
  }),
]);
export type Fault = z.infer<typeof Fault>;

/** Whether the call takes effect although something goes wrong. */
export function takesEffect(fault: Fault): boolean {
  switch (fault.kind) {
    case "accepted_then_dropped":
    case "slow":
      return true;
    case "dropped":
    case "status":
      return false;
    default:
      return fault.accepted ?? fault.kind !== "bad_gateway";
  }
}

const where = {
  /** The method; `*` stands for any text. Default: all but getUpdates. */
  method: z.string().optional(),
  chatId: z.number().int().optional(),
};
export const FaultInput = z.strictObject({
  ...where,
  /** So many that fit pass first. */
  skip: z.number().int().nonnegative().optional(),
  times: z.number().int().positive().optional(),
  fault: Fault,
});
export const FaultChanceInput = z.strictObject({
  seed: z.number().int(),
  rules: z.array(z.strictObject({ ...where, probability: z.number().min(0).max(1), fault: Fault })),
});

interface Where {
  readonly method?: string | undefined;
  readonly chatId?: number | undefined;
}

function matches(where: Where, method: string, chat: number | null): boolean {
  if (where.chatId !== undefined && where.chatId !== chat) return false;
  if (where.method === undefined) return method !== "getUpdates";
  const source = where.method
    .split("*")
    .map((part) => part.replace(/[^\w]/g, "\\$&"))
    .join(".*");
  return new RegExp(`^${source}$`).test(method);
}

/** Decides which call meets which fault: first the queue in its order, then chance. */
export class Faults {
  #queue: { where: Where; skip: number; left: number; fault: Fault }[] = [];
  #rules: z.infer<typeof FaultChanceInput>["rules"] = [];
  #random = seeded(0);
  readonly #counts = new Map<string, number>();

  plan(input: z.infer<typeof FaultInput>): void {
    this.#queue.push({ where: input, skip: input.skip ?? 0, left: input.times ?? 1, fault: input.fault });
  }

  /** From now on each call that fits a rule meets its fault with that probability. Replaces earlier rules. */
  chance(input: z.infer<typeof FaultChanceInput>): void {
    this.#rules = input.rules;
    this.#random = seeded(input.seed);
  }

  clear(): void {
    this.#queue = [];
    this.#rules = [];
  }

  /** The fault this call meets, counted; null: none. */
  next(method: string, chat: number | null): Fault | null {
    for (const planned of this.#queue) {
      if (!matches(planned.where, method, chat)) continue;
      if (planned.skip > 0) {
        planned.skip -= 1;
        continue;
      }
      planned.left -= 1;
      if (planned.left === 0) this.#queue = this.#queue.filter((p) => p !== planned);
      return this.#count(planned.fault);
    }
    for (const rule of this.#rules)
      if (matches(rule, method, chat) && this.#random() < rule.probability) return this.#count(rule.fault);
    return null;
  }

  /** Faults met so far by kind. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  #count(fault: Fault): Fault {
    this.#counts.set(fault.kind, (this.#counts.get(fault.kind) ?? 0) + 1);
    return fault;
  }
}
