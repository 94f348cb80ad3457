import { z } from "zod";

/** Switches of the simulator's behaviour where MAX's own is limited, changing or disputed. */
export const Settings = z.strictObject({
  /** What GET /updates gives without a marker: only the latest update, or all since the last commitment. */
  noMarker: z.enum(["latest", "uncommitted"]),
  /** The marker of an answer without updates. */
  emptyMarker: z.enum(["next", "null"]),
  /** The most updates in one answer and the longest that one is held, seconds, whatever a client asks for. */
  updatesCap: z.number().int().positive(),
  holdCapSeconds: z.number().int().nonnegative(),
  /** Refuses every API request: 401 as for a wrong token, 403 as for one in the query. */
  refuse: z.enum(["nothing", "token", "deprecated"]),
  /** What GET /updates does while a webhook is subscribed. */
  pollingWithWebhook: z.enum(["405", "empty"]),
  /** Fields without a value: left out (as recorded) or written as null (as schema 0.0.30 requires). */
  absent: z.enum(["omit", "null"]),
  /** How long an unfetched update is kept, ms. */
  updateTtlMs: z.number().int().positive(),
  /** How long a media link works, ms; null: until it is expired by request. */
  mediaTtlMs: z.number().int().positive().nullable(),
  /** false: GET /videos answers `urls: null`. */
  videoUrls: z.boolean(),
  /** 429 above so many GET /updates a second; null: no limit. */
  updatesPerSecond: z.number().int().positive().nullable(),
  /** 429 above so many API requests a second altogether; null: no limit. */
  requestsPerSecond: z.number().int().positive().nullable(),
  /** Value of Retry-After on those 429s, seconds; null: no such header. */
  retryAfter: z.number().int().nonnegative().nullable(),
  /** Chance that an update is queued twice, in [0, 1]. */
  duplicates: z.number().min(0).max(1),
});
export type Settings = z.infer<typeof Settings>;

/** How an imported simulator starts: faithful, but without rate limits (a frozen test clock would never end them). */
export const defaultSettings: Settings = {
  noMarker: "latest",
  emptyMarker: "next",
  updatesCap: 100,
  holdCapSeconds: 30,
  refuse: "nothing",
  pollingWithWebhook: "405",
  absent: "omit",
  updateTtlMs: 24 * 3_600_000,
  mediaTtlMs: null,
  videoUrls: true,
  updatesPerSecond: null,
  requestsPerSecond: null,
  retryAfter: 1,
  duplicates: 0,
};

/** What the simulator run on its own adds: MAX's published rate limits. */
export const standaloneLimits = { updatesPerSecond: 2, requestsPerSecond: 30 } satisfies Partial<Settings>;
