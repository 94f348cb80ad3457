import { expect, onTestFinished, vi } from "vitest";
import type { Api } from "../../adapters/matrix/api.ts";
import { openHomeserver } from "../../adapters/matrix/client.ts";
import { type DeviceId, EventId, RoomId, UserId } from "../../adapters/matrix/ids.ts";
import { login } from "../../adapters/matrix/login.ts";
import type { RoomWish } from "../../adapters/matrix/room-check.ts";
import type { Read } from "../../adapters/matrix/wire.ts";
import { systemClock, systemRandom } from "../../bridge/clock.ts";
import type { Clock } from "../../bridge/model/effects.ts";
import type { Hand, Homeserver } from "../e2e/matrix/homeserver.helper.ts";

export const never = new AbortController().signal;

/** What was read, where it must be there. */
export function got<T>(read: Read<T>): T {
  expect(read).toMatchObject({ kind: "ok" });
  if (read.kind !== "ok") throw new Error(read.code);
  return read.value;
}

export const wish: RoomWish = {
  name: "ПМИ-24",
  topic: "Объявления деканата",
  historyVisibility: "invited",
};

export interface Bot {
  readonly api: Api;
  readonly user: UserId;
  readonly device: DeviceId;
  readonly token: string;
  readonly password: string;
}

/** A way to a homeserver that ends with the test. */
export function wayTo(url: string, o: { readonly proxy?: string; readonly clock?: Clock } = {}) {
  const way = openHomeserver({
    baseUrl: url,
    proxy: o.proxy ?? null,
    ca: null,
    clock: o.clock ?? systemClock,
  });
  onTestFinished(() => way.close());
  return way;
}

/** An account of the bot's on a real homeserver, logged in. `url`: where it is reached, through a proxy of faults. */
export async function botOn(server: Homeserver, url = server.url): Promise<Bot> {
  const { user, password } = await server.register("bot");
  const way = wayTo(url);
  const made = got(
    await login(
      way,
      { kind: "password", user, password },
      { deviceName: "Laptop", random: systemRandom, known: null },
      never,
    ),
  );
  return { api: way.api(made.token), ...made, password };
}

/** Somebody else's hands on the same homeserver. */
export const handOn = async (server: Homeserver, name = "student"): Promise<Hand> =>
  server.login(await server.register(name));

export const userOf = (hand: Hand): UserId => UserId.parse(hand.user);
export const roomOf = (made: unknown): RoomId => RoomId.parse(field(made, "room_id"));
export const eventOf = (made: unknown): EventId => EventId.parse(field(made, "event_id"));
const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? new Map(Object.entries(value)).get(name) : undefined;

export const soon = <R>(look: () => R | Promise<R>): Promise<R> =>
  vi.waitFor(look, { timeout: 20_000, interval: 20 });
