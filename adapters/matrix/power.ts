import { z } from "zod";
import type { UserId } from "./ids.ts";

/** A level; rooms of old versions may have it as text. */
const Level = z.union([
  z.int(),
  z
    .string()
    .regex(/^-?\d+$/)
    .transform(Number),
]);
const Levels = z.record(z.string(), Level);

/** `m.room.power_levels`, with the specification's defaults. What cannot be read counts as missing. */
export const PowerLevels = z.object({
  users: Levels.catch({}).default({}),
  users_default: Level.catch(0).default(0),
  events: Levels.catch({}).default({}),
  events_default: Level.catch(0).default(0),
  state_default: Level.catch(50).default(50),
  invite: Level.catch(0).default(0),
  kick: Level.catch(50).default(50),
  ban: Level.catch(50).default(50),
  redact: Level.catch(50).default(50),
  notifications: z
    .object({ room: Level.catch(50).default(50) })
    .catch({ room: 50 })
    .default({ room: 50 }),
});
export type PowerLevels = z.infer<typeof PowerLevels>;

/** Who may do what in a room: its levels, and those above all levels (the creators, from room version 12 on). */
export interface Power {
  readonly levels: PowerLevels;
  readonly creators: ReadonlySet<UserId>;
}

/** The level that only the bot has in a room of ours, and that everything there needs. */
export const BOT = 100;

export function levelOf(power: Power, user: UserId): number {
  if (power.creators.has(user)) return Number.POSITIVE_INFINITY;
  return new Map(Object.entries(power.levels.users)).get(user) ?? power.levels.users_default;
}

/** What a state event of a type needs. */
export function levelFor(levels: PowerLevels, type: string): number {
  return new Map(Object.entries(levels.events)).get(type) ?? levels.state_default;
}

/** Whether a user without any level of their own may do more than read and leave. */
export function membersMay(levels: PowerLevels): { readonly post: boolean; readonly more: boolean } {
  const ordinary = levels.users_default;
  const events = Object.values(levels.events);
  const { state_default, invite, kick, ban, redact } = levels;
  return {
    // An event of any type can carry words.
    post: Math.min(levels.events_default, state_default, ...events) <= ordinary,
    more: Math.min(invite, kick, ban, redact, levels.notifications.room) <= ordinary,
  };
}

/** Users besides the bot that have a level above the ordinary. */
export function othersWithPower(power: Power, bot: UserId): boolean {
  const raised = Object.entries(power.levels.users).some(
    ([user, level]) => user !== bot && level > power.levels.users_default,
  );
  return raised || [...power.creators].some((user) => user !== bot);
}

/** What every level is set to: everything needs the bot's. */
export const CLOSED = {
  users_default: 0,
  events_default: BOT,
  state_default: BOT,
  invite: BOT,
  kick: BOT,
  ban: BOT,
  redact: BOT,
  notifications: { room: BOT },
} as const;

/**
 * The levels as they should be, from those that are: only the bot may do anything. Nobody else keeps a level, but those
 * whom the bot's own cannot take it from.
 */
export function closed(power: Power, bot: UserId): Readonly<Record<string, unknown>> {
  const { levels } = power;
  const mine = levelOf(power, bot);
  const users = Object.entries(levels.users).filter(([user, level]) => user === bot || level >= mine);
  const events = Object.entries(levels.events).map(([type, level]) => [type, Math.max(BOT, level)] as const);
  return { ...CLOSED, users: Object.fromEntries(users), events: Object.fromEntries(events) };
}
