import { createBell } from "../bell.ts";
import type { Clock } from "../model/effects.ts";
import type { Millis } from "../model/ids.ts";
import type { NoticeStore } from "../store/notices.ts";
import { createBook, type Open } from "./book.ts";
import type { Lasting, Notice, NoticeCode, NoticeRoute, RouteName, Subject } from "./port.ts";

/** What is told of, as one thing. */
type Which = Pick<Subject, "code" | "source" | "room" | "account" | "bot" | "route">;

/** Tells the rep what is wrong and when it is over: once each, by every route, over restarts too. */
export interface Notifier {
  /** Something is wrong. Said again and again while it lasts; told once, and once a day more where the count grew. */
  raise(subject: Subject): void;
  /** It is over. Told only to whom the trouble was told. */
  clear(subject: Which): void;
  /** Serves the routes until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Sends what is to be told now; ends when all of it was tried once, or when `signal` aborts. */
  flush(signal: AbortSignal): Promise<void>;
  /** Troubles that last and were told. */
  lasting(): readonly Lasting[];
  /** How often each route took a notice and failed to, since the start. */
  counts(): ReadonlyMap<RouteName, { readonly sent: number; readonly failed: number }>;
}

export interface NotifierOptions {
  readonly store: NoticeStore;
  readonly routes: readonly NoticeRoute[];
  readonly clock: Clock;
  /** How long what may pass by itself must last before anybody is told, ms. */
  readonly after: Millis;
  readonly words: (notice: Notice) => string;
}

const HOUR: Millis = 3_600_000;
const DAY: Millis = 24 * HOUR;
/** What passes by itself more often than not. */
const patient: readonly NoticeCode[] = [
  "source_blind",
  "carrier_failed",
  "spool_full",
  "account_silent",
  "bot_silent",
  "room_waiting",
];
/** What says by itself that a room's announcements wait, of the room or of what serves it. */
const causes: readonly NoticeCode[] = [
  "certificate_over",
  "room_halted",
  "account_out",
  "account_silent",
  "bot_out",
  "bot_silent",
  "unsure",
  "room_held",
];
/** What each reason asks another thing for: told anew when the reason changes. */
const acted: readonly NoticeCode[] = ["account_out", "room_held"];
/** What nobody says is over: when it was not said again for so long it is. */
const lasts: ReadonlyMap<NoticeCode, Millis> = new Map([
  ["source_denied", HOUR / 4],
  ["vanished", 2 * DAY],
  ["new_chain", HOUR],
  ["origins_silent", HOUR],
  ["room_moved", HOUR],
  ["astray", HOUR],
  ["may_not_pin", DAY],
  ["bridge_failed", HOUR],
  ["test", 0],
]);
/** Of these no end is told: they happened. */
const events: readonly NoticeCode[] = [
  "vanished",
  "new_chain",
  "origins_silent",
  "room_moved",
  "astray",
  "bridge_failed",
  "test",
];

const FIRST_PAUSE: Millis = 10_000;
const LONGEST_PAUSE: Millis = HOUR;
/** A route that failed so often in a row is told of on the others. */
const FAILED = 3;
/** Nobody needs a notice that is older. */
const STALE: Millis = 3 * DAY;
/** The longest that one route may take for one notice. */
const DEADLINE: Millis = 40_000;
const EVERY: Millis = 30_000;

/** Whether the rep is to hear of it once more: it grew, or the end of a certificate came near. */
function presses(code: NoticeCode, told: number, count: number): boolean {
  if (code !== "certificate_ends") return count > told;
  return [7, 1].some((days) => count <= days && told > days);
}

const keyOf = (s: Which): string =>
  [s.code, s.source ?? s.room ?? s.account ?? s.bot ?? s.route ?? ""].join("/");

export function createNotifier(o: NotifierOptions): Notifier {
  const { clock } = o;
  const started = clock.now();
  const bell = createBell(clock);
  const names = o.routes.map((route) => route.name);
  const book = createBook(o.store, names);
  const counts = new Map(names.map((name) => [name, { sent: 0, failed: 0 }]));
  const failures = new Map<RouteName, number>();
  const busy = new Set<RouteName>();

  const tell = (subject: Subject, state: Notice["state"], since: Millis): void => {
    const notice: Notice = { ...subject, state, since, at: clock.now() };
    // What is wrong with a route is told by the others.
    for (const route of names)
      if (route !== subject.route) book.queue(route, null, { notice, tries: 0, retryAt: 0 });
  };

  /** What says already why a room waits: that is told, and not both. */
  const causeOf = ({ code, room, account, bot }: Subject): Open | null => {
    if (code !== "room_waiting") return null;
    const one = [...book.open().values()].find(
      ({ subject: other }) =>
        causes.includes(other.code) &&
        (other.room === undefined ? other.account === account && other.bot === bot : other.room === room),
    );
    return one ?? null;
  };

  const raise = (subject: Subject): void => {
    const key = keyOf(subject);
    const now = clock.now();
    const known = book.open().get(key);
    const same = known?.subject.count === subject.count && known?.subject.reason === subject.reason;
    // Said at the end of its patience, it counts however lately it was said before (see `firstAt`).
    const due = known?.told === null && known.dueAt <= now;
    if (known !== undefined && same && !due && now - known.raisedAt < HOUR / 12) return;
    const dueAt = known?.dueAt ?? now + (patient.includes(subject.code) ? o.after : 0);
    book.put(key, { subject, since: known?.since ?? now, raisedAt: now, dueAt, told: known?.told ?? null });
    bell.ring();
  };

  /** When it is to be told first; null: not as it is. */
  const firstAt = ({ subject, raisedAt, dueAt, told }: Open): Millis | null => {
    if (told !== null) return null;
    // Of a room that was not tried again since (its silent hours, a bridge that was off) nobody knows that it waits still.
    const vague = subject.code === "room_waiting" && raisedAt < dueAt;
    return vague || causeOf(subject) !== null ? null : dueAt;
  };

  /** Whether nobody says it any more. What lasts had nobody to say it while no bridge ran. */
  const passed = ({ subject, raisedAt }: Open, now: Millis): boolean => {
    const end = lasts.get(subject.code);
    const from = events.includes(subject.code) ? raisedAt : Math.max(raisedAt, started);
    return end !== undefined && now - from >= end;
  };

  const over = (key: string, known: Open): void => {
    const { subject, since, told } = known;
    book.drop(key);
    if (told !== null && !events.includes(subject.code)) tell(subject, "back", since);
  };

  const clear = (subject: Which): void => {
    const key = keyOf(subject);
    const known = book.open().get(key);
    if (known === undefined) return;
    over(key, known);
    bell.ring();
  };

  /** What is due to be told, or has passed. */
  const look = (): void => {
    const now = clock.now();
    for (const [key, known] of [...book.open()]) {
      const { subject, told, since } = known;
      // Where it lasts once that is over, its patience counts from then.
      if (told === null && (causeOf(subject)?.told ?? null) !== null) {
        book.drop(key);
        continue;
      }
      const first = firstAt(known);
      const count = subject.count ?? 0;
      const more = told !== null && now - told.at >= DAY && presses(subject.code, told.count, count);
      // What is to be done about it is another thing now.
      const other = told !== null && acted.includes(subject.code) && told.reason !== subject.reason;
      if ((first !== null && first <= now) || more || other) {
        tell(subject, "trouble", since);
        const { reason } = subject;
        book.put(key, { ...known, told: { at: now, count, ...(reason === undefined ? {} : { reason }) } });
      }
      const latest = book.open().get(key);
      if (latest !== undefined && passed(latest, now)) over(key, latest);
    }
    book.save();
  };

  const attempt = async (route: NoticeRoute, notice: Notice, signal: AbortSignal): Promise<boolean> => {
    const late = new AbortController();
    const done = new AbortController();
    void clock.sleep(DEADLINE, done.signal).then(() => late.abort());
    const over = new Promise<boolean>((resolve) => {
      for (const end of [late.signal, signal])
        end.addEventListener("abort", () => resolve(false), { once: true });
    });
    const sent = route
      .send(notice, o.words(notice), AbortSignal.any([signal, late.signal]))
      .catch(() => false);
    const arrived = await Promise.race([sent, over]);
    done.abort();
    return arrived;
  };

  /** Sends a route what waits for it, in order, until one is not taken. */
  const serve = async (route: NoticeRoute, signal: AbortSignal): Promise<void> => {
    if (busy.has(route.name)) return;
    busy.add(route.name);
    for (;;) {
      const first = book.first(route.name);
      const now = clock.now();
      if (first === null || signal.aborted || first.pending.retryAt > now) break;
      const { id, pending } = first;
      if (now - pending.notice.at > STALE) {
        book.queue(route.name, id, null);
        continue;
      }
      const arrived = await attempt(route, pending.notice, signal);
      if (!arrived && signal.aborted) break;
      const own = counts.get(route.name);
      if (own !== undefined) own[arrived ? "sent" : "failed"]++;
      const failed = arrived ? 0 : (failures.get(route.name) ?? 0) + 1;
      failures.set(route.name, failed);
      if (arrived) {
        book.queue(route.name, id, null);
        clear({ code: "route_failed", route: route.name });
      } else {
        const wait = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(pending.tries, 20));
        const again = { ...pending, tries: pending.tries + 1, retryAt: clock.now() + wait };
        book.queue(route.name, id, again);
        if (failed >= FAILED) raise({ code: "route_failed", route: route.name });
      }
      book.save();
    }
    busy.delete(route.name);
    bell.ring();
  };

  /** When something is due next. */
  const next = (): Millis => {
    const waits = names.flatMap((name) => (busy.has(name) ? [] : (book.first(name)?.pending.retryAt ?? [])));
    const dues = [...book.open().values()].flatMap((one) => firstAt(one) ?? []);
    return Math.min(clock.now() + EVERY, ...waits, ...dues);
  };

  return {
    raise,
    clear,
    async run(signal) {
      const serving = new Set<Promise<void>>();
      while (!signal.aborted) {
        look();
        for (const route of o.routes) {
          const first = book.first(route.name);
          if (busy.has(route.name) || first === null || first.pending.retryAt > clock.now()) continue;
          const task = serve(route, signal).finally(() => serving.delete(task));
          serving.add(task);
        }
        await bell.wait(next(), signal);
      }
      await Promise.all(serving);
      book.save();
    },
    async flush(signal) {
      look();
      await Promise.all(o.routes.map((route) => serve(route, signal)));
      book.save();
    },
    lasting: () =>
      [...book.open().values()].flatMap(({ subject, since, told }) =>
        told === null ? [] : [{ ...subject, since }],
      ),
    counts: () => counts,
  };
}
