import { z } from "zod";
import { boundedText } from "../../bridge/model/bounded.ts";
import type { Answer } from "./api.ts";
import { DeviceId, EventId, RoomId, UserId } from "./ids.ts";

/**
 * Something was not done or is not known. `code`: the server's own (`M_FORBIDDEN`, `HTTP_404`), why there was no answer
 * (`timeout`, `proxy` …), `bad_answer` where the answer is not what the specification says, or a word of ours.
 * `retryAfter`: ms that the server asks to wait, null where it names none.
 */
export interface Fault {
  readonly kind: "fault";
  readonly code: string;
  readonly retryAfter: number | null;
}

export type Read<T> = { readonly kind: "ok"; readonly value: T } | Fault;

export const fault = (code: string, retryAfter: number | null = null): Fault => ({
  kind: "fault",
  code,
  retryAfter,
});

/** Codes that another try may change, without anybody doing anything. */
const PASSING = new Set([
  "M_LIMIT_EXCEEDED",
  "M_UNKNOWN",
  "M_USER_LOCKED",
  "timeout",
  "unreachable",
  "tls",
  "proxy",
  "cut",
  "server_error",
  "not_matrix",
  "bad_answer",
]);

/** Whether the same call may do better later. An `HTTP_…` comes from something in front of the server. */
export function isPassing(f: Fault): boolean {
  return PASSING.has(f.code) || f.code.startsWith("HTTP_");
}

/** What was not `ok` about an answer. */
export function faultOf(answer: Exclude<Answer, { kind: "ok" }>): Fault {
  return fault(answer.kind === "refused" ? answer.errcode : answer.code, answer.retryAfter);
}

/** Reads an answer by a schema; one that does not fit is a fault. */
export function read<T>(schema: z.ZodType<T>, answer: Answer): Read<T> {
  if (answer.kind !== "ok") return faultOf(answer);
  const decoded = schema.safeParse(answer.body);
  return decoded.success ? { kind: "ok", value: decoded.data } : fault("bad_answer");
}

/** An answer that says no more than that it was done. */
export const Done = z.looseObject({});

export const Versions = z.object({ versions: z.array(z.string()) });
export const LoginFlows = z.object({ flows: z.array(z.object({ type: z.string() })) });
export const LoggedIn = z.object({
  user_id: UserId,
  device_id: DeviceId,
  access_token: boundedText(1, 4_096),
});
export const WhoAmI = z.object({
  user_id: UserId,
  device_id: DeviceId.optional(),
  is_guest: z.boolean().optional(),
});
export const MediaConfig = z.object({ "m.upload.size": z.number().int().positive().optional() });
export const DeviceKeys = z.object({
  device_keys: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});
/** The body of a 401 that asks for an interactive authentication. */
export const Interactive = z.object({
  session: z.string().optional(),
  flows: z.array(z.object({ stages: z.array(z.string()) })),
});

export const RoomMade = z.object({ room_id: RoomId });
export const AliasFound = z.object({ room_id: RoomId, servers: z.array(z.string()).catch([]) });
export const EventSent = z.object({ event_id: EventId });
export const JoinedRooms = z.object({ joined_rooms: z.array(RoomId) });
export const Pinned = z.object({ pinned: z.array(EventId).catch([]) });
export const Listing = z.object({ visibility: z.string() });

/** A state event as far as it is read here. */
export const StateEvent = z.object({
  type: z.string(),
  state_key: z.string(),
  sender: UserId,
  event_id: EventId.optional(),
  content: z.record(z.string(), z.unknown()).catch({}),
  unsigned: z
    .object({ prev_content: z.record(z.string(), z.unknown()).optional() })
    .optional()
    .catch(undefined),
});
export type StateEvent = z.infer<typeof StateEvent>;

/** Events of a list that can be read; the others are left out. */
export function eventsIn<T>(schema: z.ZodType<T>, events: readonly unknown[]): readonly T[] {
  return events.flatMap((event) => {
    const decoded = schema.safeParse(event);
    return decoded.success ? [decoded.data] : [];
  });
}

export const Membership = z.object({ membership: z.enum(["join", "invite", "leave", "ban", "knock"]) });
