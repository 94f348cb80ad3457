import { z } from "zod";

/** Token buckets: so many a period, and so many at once. */
const Limits = z.strictObject({
  /** A bot's messages a second, and at once. */
  perSecond: z.number().positive(),
  burst: z.number().int().positive(),
  /** Messages a second to one chat, and at once. */
  chatPerSecond: z.number().positive(),
  chatBurst: z.number().int().positive(),
  /** Messages a minute to one group, supergroup or channel, and at once. */
  groupPerMinute: z.number().positive(),
  groupBurst: z.number().int().positive(),
});

/** Switches of the simulator's behaviour. */
export const Settings = z.strictObject({
  /** null: no limits; else what is enforced with 429. */
  limits: Limits.nullable(),
  /** An own Bot API server: 2 GB in place of 50 MB, and getFile for files of any size. */
  ownServer: z.boolean(),
  /** Files up to this size are kept whole, bytes; of larger ones only size, digest and the first 64 KiB. */
  keepBytes: z.number().int().nonnegative(),
  /** Raw requests are kept for `sawBytes` up to so many bytes in all. */
  recordBytes: z.number().int().nonnegative(),
  /** `checked`: a photo must be a picture (else IMAGE_PROCESS_FAILED); `any`: any bytes will do. */
  photos: z.enum(["checked", "any"]),
  /** Chance that an id of a channel or supergroup is skipped before each message, in [0, 1]. */
  skipChance: z.number().min(0).max(1),
  /** Chance that somebody else posts just before each message of a bot in a channel or supergroup, in [0, 1]. */
  interleaveChance: z.number().min(0).max(1),
  /** Of the two chances above. */
  seed: z.number().int(),
  /** What a bot is told that writes into a deleted topic. */
  deletedTopic: z.enum(["message thread not found", "TOPIC_DELETED"]),
  /** How long an update is kept, ms. */
  updateTtlMs: z.number().int().positive(),
});
export type Settings = z.infer<typeof Settings>;
export type Limits = z.infer<typeof Limits>;

/** What Telegram publishes: 30 a second in all, one a second to a chat, 20 a minute to a group or channel. */
export const publishedLimits: Limits = {
  perSecond: 30,
  burst: 30,
  chatPerSecond: 1,
  chatBurst: 1,
  groupPerMinute: 20,
  groupBurst: 20,
};

/** How an imported simulator starts: faithful, but without rate limits (a frozen test clock would never end them). */
export const defaultSettings: Settings = {
  limits: null,
  ownServer: false,
  keepBytes: 20 * 1_048_576,
  recordBytes: 64 * 1_048_576,
  photos: "any",
  skipChance: 0,
  interleaveChance: 0,
  seed: 1,
  deletedTopic: "message thread not found",
  updateTtlMs: 24 * 3_600_000,
};
