import { base64url, equal } from "../psr1/bytes.ts";
import { type JoinLink, originUrl, readLink } from "../psr1/link.ts";
import type { Actions, AppView, InputError, Question, Store } from "../view.ts";
import { type Added, chainOf } from "./book.ts";
import { browserEnvironment } from "./browser.ts";
import type { Environment } from "./environment.ts";
import { createFiles } from "./files.ts";
import { askPlaces, type Following, follow } from "./follow.ts";
import { createGiven } from "./given.ts";
import { fromLink, originsOf, Room } from "./room.ts";
import { placeOfItem } from "./show.ts";
import type { StoredRecord } from "./storage.ts";

/** Longest slice of work between two breaths, ms; notices to the page are no closer together than the second. */
const SLICE = 16;
const NOTICE = 120;

/** The page's logic: rooms on this device, what is open, and what is asked of the reader. */
export async function createApp(env: Environment): Promise<Store> {
  const opened = env.fragment;
  if (opened !== "") env.clearFragment();
  const rooms = new Map<string, Room>();
  const listeners = new Set<() => void>();
  const questions: { readonly question: Question; readonly answer: (yes: boolean) => void }[] = [];
  const loads = new Map<Room, Promise<void>>();
  const files = createFiles(env);
  let open: Room | null = null;
  let following: Following | null = null;
  let around = new AbortController();
  let error: InputError | null = null;
  /** The link that was just taken in. */
  let joined: string | null = null;
  let cached: AppView | null = null;
  let notified = 0;
  let planned = false;

  const seconds = (): number => Math.floor(env.now() / 1000);

  const notify = (): void => {
    cached = null;
    if (planned) return;
    planned = true;
    void env.sleep(Math.max(0, notified + NOTICE - env.now())).then(() => {
      planned = false;
      notified = env.now();
      for (const listener of listeners) listener();
    });
  };
  const say = (kind: InputError): void => {
    error = kind;
    notify();
  };
  /** Storage that fails costs what is kept, never what is shown. */
  const keep = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch {
      say("storage-full");
    }
  };
  const ask = (question: Question): Promise<boolean> =>
    new Promise((resolve) => {
      questions.push({ question, answer: resolve });
      notify();
    });

  const isHere = (room: Room): boolean => rooms.get(room.id) === room;
  const save = async (room: Room): Promise<void> => {
    if (isHere(room)) await keep(room.save(env.storage));
  };

  /** Verifies and opens records in slices, keeps what is new and lets the page draw in between. */
  const take = async (room: Room, records: readonly Uint8Array[]): Promise<readonly Added[]> => {
    const all: Added[] = [];
    const fresh: StoredRecord[] = [];
    let since = env.now();
    // Newest first: its text is what the reader waits for.
    for (const bytes of records.toReversed()) {
      const added = room.book.addRecord(bytes);
      all.push(added);
      if (added.ok && added.fresh) fresh.push({ hash: added.entry.record.hash, bytes, shown: false });
      if (env.now() - since < SLICE) continue;
      room.changed();
      await env.breathe();
      since = env.now();
    }
    room.changed();
    if (fresh.length > 0 && isHere(room)) {
      // The certificates first: without them what is kept could not be verified again.
      await save(room);
      await keep(env.storage.saveRecords(room.id, fresh));
    }
    notify();
    return all;
  };

  const newOrigins = async (room: Room): Promise<void> => {
    const told = (room.history.info?.origins ?? []).map(originUrl).filter((o) => o !== null);
    const known = new Set([...room.stored.origins, ...room.stored.refused]);
    const origins = told.filter((o) => !known.has(o));
    if (origins.length === 0 || questions.some((q) => q.question.kind === "new-origins")) return;
    const yes = await ask({ kind: "new-origins", room: room.id, origins });
    const { stored } = room;
    room.stored = yes
      ? { ...stored, origins: [...stored.origins, ...origins] }
      : { ...stored, refused: [...stored.refused, ...origins] };
    await save(room);
  };

  /** What was kept is verified again, in slices, before anything is asked for. */
  const load = async (room: Room): Promise<void> => {
    const records = await env.storage.records(room.id).catch(() => []);
    let since = env.now();
    for (const { hash, bytes, shown: before } of records) {
      if (before) room.shown.add(hash);
      room.book.addRecord(bytes);
      if (env.now() - since < SLICE) continue;
      room.changed();
      notify();
      await env.breathe();
      since = env.now();
    }
    room.changed();
    if (room !== open) room.loading = false;
    notify();
  };

  const stopFollowing = (): void => {
    following?.stop();
    following = null;
  };

  /** Asks once for what is new in the rooms that are not open, one after another, for their unread counts. */
  const lookAround = async (): Promise<void> => {
    around.abort();
    around = new AbortController();
    const { signal } = around;
    for (const room of rooms.values()) {
      await loads.get(room);
      if (signal.aborted || !env.visible()) return;
      if (room === open || !isHere(room)) continue;
      await askPlaces(env, room, async (records) => void (await take(room, records)), null, signal);
      await save(room);
      notify();
    }
  };

  const start = async (room: Room): Promise<void> => {
    stopFollowing();
    await loads.get(room);
    if (open !== room) return;
    stopFollowing();
    following = follow(env, room, {
      take: async (records) => void (await take(room, records)),
      changed: notify,
      async asked() {
        room.asked = true;
        await save(room);
        void newOrigins(room);
      },
    });
  };

  const show = (room: Room): void => {
    open = room;
    void start(room);
    notify();
  };

  const join = async (link: JoinLink, text: string): Promise<void> => {
    const stored = fromLink(link, env.page);
    const known = rooms.get(stored.id);
    if (known === undefined) {
      const room = new Room(stored);
      rooms.set(room.id, room);
      joined = text;
      show(room);
      return save(room);
    }
    const { serial, restart, epoch, key } = link;
    const sameKey = known.book.keys.some(
      (k) => chainOf(k) === chainOf(link) && k.epoch === epoch && equal(k.key, key),
    );
    const origins = originsOf(link, env.page).filter((o) => !known.stored.origins.includes(o));
    if (!sameKey || origins.length > 0) {
      const yes = await ask({ kind: "merge-link", room: known.id, origins });
      if (!isHere(known)) return;
      if (yes) {
        known.book.addKey({ serial, restart, epoch, key });
        known.stored = { ...known.stored, origins: [...known.stored.origins, ...origins] };
        known.changed();
        await save(known);
      }
    }
    show(known);
  };

  const renew = async (cert: Uint8Array): Promise<void> => {
    const answers = [...rooms.values()].map((room) => ({ room, added: room.book.addCert(cert) }));
    const taken = answers.filter((a) => a.added !== "refused");
    if (taken.length === 0) return say("certificate-refused");
    for (const { room } of taken) {
      room.changed();
      await save(room);
    }
    notify();
    if (open !== null) void start(open);
  };

  /** A link that opens anywhere, also where only its fragment was given. */
  const wholeLink = (text: string): string =>
    text.includes("#") || env.page === null ? text : `${env.page}/#${text}`;

  const enter = async (text: string): Promise<void> => {
    const link = readLink(text);
    if (link.kind === "wrong") return say(link.why);
    if (link.kind === "join") return join(link, wholeLink(text));
    if (link.kind === "renewal") return renew(link.cert);
    const room = rooms.get(link.roomId);
    if (room === undefined) return say("other-room");
    room.asked = false;
    room.pointed = { chain: chainOf(link), seq: link.seq, hash: link.hash };
    show(room);
  };

  const given = createGiven({ rooms, files, renew, take, show, say });

  const actions: Actions = {
    openRoom(id) {
      const room = rooms.get(id);
      if (room !== undefined) show(room);
    },
    closeRoom() {
      stopFollowing();
      open = null;
      notify();
      void lookAround();
    },
    enterLink: (text) => void enter(text),
    answer(yes) {
      questions.shift()?.answer(yes);
      notify();
    },
    dismissError() {
      error = null;
      notify();
    },
    dismissJoined() {
      joined = null;
      notify();
    },
    markRead(id, upTo) {
      const room = rooms.get(id);
      const place = room === undefined ? null : placeOfItem(room.history, upTo);
      if (room === undefined || place === null) return;
      const { read } = room.stored;
      if (read !== null && (read[0] > place[0] || (read[0] === place[0] && read[1] >= place[1]))) return;
      room.stored = { ...room.stored, read: place };
      void save(room);
      notify();
    },
    forgetRoom(id) {
      void ask({ kind: "forget-room", room: id }).then(async (yes) => {
        if (!yes) return;
        if (open?.id === id) actions.closeRoom();
        rooms.delete(id);
        around.abort();
        // What was still to be asked about it is answered by its end.
        for (const q of questions.filter((asked) => asked.question.room === id)) {
          questions.splice(questions.indexOf(q), 1);
          q.answer(false);
        }
        await keep(env.storage.forget(id));
        notify();
      });
    },
    retry() {
      if (open !== null) void start(open);
    },
    takeFiles: (...blobs) => given.take(blobs),
    async openFile(id, item, fileId) {
      const room = rooms.get(id);
      const post = room?.history.posts.find((p) => p.post.id === item)?.post;
      const file = post?.files.find((f) => base64url(f.id) === fileId);
      if (room === undefined || file === undefined) return null;
      const folders = room.stored.origins.map((origin) => `${origin}/${room.id}`);
      const found = await files.open(folders, file);
      if (typeof found !== "string") return found;
      say(found);
      return null;
    },
  };

  const view = (): AppView => ({
    rooms: [...rooms.values()].map((room) => {
      const { title, unread } = room.view(seconds());
      return { id: room.id, title, unread };
    }),
    open: open === null ? null : open.view(seconds()),
    question: questions[0]?.question ?? null,
    error,
    joined: joined !== null,
    link: joined,
    inApp: env.inApp,
  });

  for (const stored of await env.storage.rooms().catch(() => [])) {
    const room = new Room(stored);
    room.kept = true;
    rooms.set(room.id, room);
    loads.set(room, load(room));
  }

  // Not waited for: it may ask the reader something, and the page must be there to ask.
  if (opened !== "") void enter(opened);
  else if (rooms.size === 1) for (const room of rooms.values()) show(room);
  void lookAround();
  env.onFragment((fragment) => {
    if (fragment === "") return;
    env.clearFragment();
    void enter(fragment);
  });
  env.onVisible(() => {
    if (env.visible()) {
      following?.look();
      void lookAround();
    } else {
      following?.rest();
      around.abort();
    }
  });

  return {
    view() {
      cached ??= view();
      if (open !== null && env.visible()) {
        const fresh = open.nowShown();
        if (fresh.length > 0) void keep(env.storage.saveRecords(open.id, fresh));
      }
      return cached;
    },
    subscribe(changed) {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    actions,
  };
}

/** The store of this browser. */
export const browserStore = async (): Promise<Store> => createApp(await browserEnvironment());
