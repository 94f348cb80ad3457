import { z } from "zod";
import type { NoticeStore } from "../store/notices.ts";
import { Notice, type RouteName, Subject } from "./port.ts";

/** A trouble that lasts. */
const Open = z.object({
  subject: Subject,
  since: z.number(),
  /** When it was last seen. */
  raisedAt: z.number(),
  /** When the rep is to be told. */
  dueAt: z.number(),
  /** When the rep was told last, of how many and why; null: not yet. */
  told: z.object({ at: z.number(), count: z.number(), reason: z.string().exactOptional() }).nullable(),
});
export type Open = z.infer<typeof Open>;

/** A notice that a route has not taken yet. */
const Pending = z.object({ notice: Notice, tries: z.number(), retryAt: z.number() });
export type Pending = z.infer<typeof Pending>;

/** More than this many notices are kept for no route: the oldest go first. */
const MOST = 200;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/**
 * What lasts and what is still to be told. It is kept in memory, so that the rep hears of a full disk too, and in the
 * database as far as that takes it.
 */
export function createBook(store: NoticeStore, routes: readonly RouteName[]) {
  const open = new Map<string, Open>();
  const pending = new Map<RouteName, Map<number, Pending>>(routes.map((route) => [route, new Map()]));
  const changed = new Map<string, string | null>();
  let next = 1;

  const sendKey = (route: RouteName, id: number): string => `send/${route}/${id}`;
  const numberOf = (key: string): number => Number(key.split("/").at(-1));
  for (const { key, state } of store.all().toSorted((a, b) => numberOf(a.key) - numberOf(b.key))) {
    const [kind, ...rest] = key.split("/");
    const value = parsed(state);
    const [one, id] = [Open.safeParse(value), Number(rest.at(-1))];
    const waiting = Pending.safeParse(value);
    const queue = pending.get(routes.find((route) => route === rest[0]) ?? "log");
    if (kind === "open" && one.success) open.set(rest.join("/"), one.data);
    // What a route that is gone was to be told is told nobody.
    else if (kind === "send" && waiting.success && routes.some((route) => route === rest[0]))
      queue?.set(id, waiting.data);
    else changed.set(key, null);
    if (kind === "send") next = Math.max(next, id + 1);
  }

  return {
    open: (): ReadonlyMap<string, Open> => open,
    put(key: string, value: Open) {
      open.set(key, value);
      changed.set(`open/${key}`, JSON.stringify(value));
    },
    drop(key: string) {
      open.delete(key);
      changed.set(`open/${key}`, null);
    },
    /** The oldest that a route has not taken. */
    first(route: RouteName): { readonly id: number; readonly pending: Pending } | null {
      for (const [id, value] of pending.get(route) ?? []) return { id, pending: value };
      return null;
    },
    queue(route: RouteName, id: number | null, value: Pending | null) {
      const own = pending.get(route);
      if (own === undefined) return;
      const at = id ?? next++;
      if (value === null) own.delete(at);
      else own.set(at, value);
      changed.set(sendKey(route, at), value === null ? null : JSON.stringify(value));
      for (const oldest of own.keys()) {
        if (own.size <= MOST) break;
        own.delete(oldest);
        changed.set(sendKey(route, oldest), null);
      }
    },
    waiting: (): number => [...pending.values()].reduce((sum, own) => sum + own.size, 0),
    /** Stores what changed. False: it could not be stored now, and stays to be. */
    save(): boolean {
      if (changed.size === 0) return true;
      try {
        store.save(changed);
        changed.clear();
        return true;
      } catch {
        return false;
      }
    },
  };
}
