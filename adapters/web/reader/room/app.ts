import { base64url, equal, hasMagic } from "../psr1/bytes.ts";
import { CERT_LENGTH } from "../psr1/cert.ts";
import { carriedLength, fileIdOf, LARGEST_FILE, openFile } from "../psr1/file.ts";
import { type JoinLink, originUrl, readLink } from "../psr1/link.ts";
import type { File } from "../psr1/payload.ts";
import { parseRecord, split } from "../psr1/record.ts";
import type { Actions, AppView, InputError, Question, Store } from "../view.ts";
import { chainOf } from "./book.ts";
import { browserEnvironment } from "./browser.ts";
import type { Environment } from "./environment.ts";
import { get } from "./fetch.ts";
import { type Following, follow } from "./follow.ts";
import { fromLink, originsOf, Room } from "./room.ts";
import { placeOfItem } from "./show.ts";

/** Longest slice of work between two breaths, ms; notices to the page are no closer together than the second. */
const SLICE = 16;
const NOTICE = 120;
/** Types a browser may show as what they are; all else is a plain download. */
const shown = /^(image\/(png|jpeg|webp|gif)|video\/[\w.+-]+|audio\/[\w.+-]+)$/;

/** The page's logic: rooms on this device, what is open, and what is asked of the reader. */
export async function createApp(env: Environment): Promise<Store> {
  const rooms = new Map<string, Room>();
  const listeners = new Set<() => void>();
  const questions: { readonly question: Question; readonly answer: (yes: boolean) => void }[] = [];
  const loads = new Map<Room, Promise<void>>();
  const localFiles = new Map<string, Uint8Array>();
  let open: Room | null = null;
  let following: Following | null = null;
  let error: InputError | null = null;
  let joined = false;
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

  /** Verifies and opens records in slices, keeps what is new and lets the page draw in between. */
  const take = async (room: Room, records: readonly Uint8Array[]): Promise<void> => {
    const fresh: { hash: string; bytes: Uint8Array; shown: boolean }[] = [];
    let since = env.now();
    // Newest first: its text is what the reader waits for.
    for (const bytes of records.toReversed()) {
      const added = room.book.addRecord(bytes);
      if (added.ok && added.fresh) fresh.push({ hash: added.entry.record.hash, bytes, shown: false });
      if (env.now() - since < SLICE) continue;
      room.changed();
      await env.breathe();
      since = env.now();
    }
    room.changed();
    if (fresh.length > 0) await keep(env.storage.saveRecords(room.id, fresh));
    notify();
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
    await keep(room.save(env.storage));
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
    room.loading = false;
    notify();
  };

  const stopFollowing = (): void => {
    following?.stop();
    following = null;
  };

  const start = async (room: Room): Promise<void> => {
    stopFollowing();
    await loads.get(room);
    if (open !== room) return;
    stopFollowing();
    following = follow(env, room, {
      take: (records) => take(room, records),
      changed: notify,
      async synced() {
        await keep(room.save(env.storage));
        void newOrigins(room);
      },
    });
  };

  const show = (room: Room): void => {
    open = room;
    void start(room);
    notify();
  };

  const join = async (link: JoinLink): Promise<void> => {
    const stored = fromLink(link, env.page);
    const known = rooms.get(stored.id);
    if (known === undefined) {
      const room = new Room(stored);
      rooms.set(room.id, room);
      joined = true;
      show(room);
      return keep(room.save(env.storage));
    }
    const { serial, restart, epoch, key } = link;
    const sameKey = known.book.keys.some(
      (k) => chainOf(k) === chainOf(link) && k.epoch === epoch && equal(k.key, key),
    );
    const origins = originsOf(link, env.page).filter((o) => !known.stored.origins.includes(o));
    if (!sameKey || origins.length > 0) {
      const yes = await ask({ kind: "merge-link", room: known.id, origins });
      if (yes) {
        known.book.addKey({ serial, restart, epoch, key });
        known.stored = { ...known.stored, origins: [...known.stored.origins, ...origins] };
        known.changed();
        await keep(known.save(env.storage));
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
      await keep(room.save(env.storage));
    }
    notify();
  };

  const enter = async (text: string): Promise<void> => {
    const link = readLink(text);
    if (link.kind === "wrong") return say(link.why);
    if (link.kind === "join") return join(link);
    if (link.kind === "renewal") return renew(link.cert);
    const room = rooms.get(link.roomId);
    if (room === undefined) return say("other-room");
    room.pointed = { chain: chainOf(link), seq: link.seq, hash: link.hash };
    show(room);
  };

  const bundle = async (bytes: Uint8Array): Promise<void> => {
    let rest = bytes;
    const certs: Uint8Array[] = [];
    while (hasMagic(rest, "PSRA") && rest.length >= CERT_LENGTH) {
      certs.push(rest.slice(0, CERT_LENGTH));
      rest = rest.subarray(CERT_LENGTH);
    }
    const { records, rest: torn } = split(rest);
    const first = records[0] === undefined ? null : parseRecord(records[0]);
    if (first === null || torn > 0) return say("bundle-unreadable");
    const room = [...rooms.values()].find((r) => equal(r.book.roomId, first.roomId));
    if (room === undefined) return say("other-room");
    for (const cert of certs) room.book.addCert(cert);
    const added = room.book.addRecord(records[0] ?? new Uint8Array());
    if (!added.ok) return say(added.fault === "lower-chain" ? "older-than-link" : "bundle-unreadable");
    if (added.entry.fault === "older-than-link") say("older-than-link");
    await take(room, records);
    show(room);
  };

  const everyFile = (room: Room): readonly File[] => room.history.posts.flatMap((p) => p.post.files);

  const takeFile = async (blob: Blob): Promise<void> => {
    if (blob.size > LARGEST_FILE) return say("bundle-unreadable");
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const id = fileIdOf(bytes);
    if (id === null) return bundle(bytes);
    const room = [...rooms.values()].find((r) => everyFile(r).some((f) => equal(f.id, id)));
    if (room === undefined) return say("other-room");
    localFiles.set(base64url(id), bytes);
    show(room);
  };

  const carried = async (room: Room, file: File): Promise<Uint8Array | null> => {
    const local = localFiles.get(base64url(file.id));
    if (local !== undefined) return local;
    const name = Array.from(file.id, (b) => b.toString(16).padStart(2, "0")).join("");
    const signal = new AbortController().signal;
    for (const origin of room.stored.origins) {
      const got = await get(env, `${origin}/${room.id}/f/${name}`, {
        largest: carriedLength(file.size),
        signal,
      });
      if (got.kind === "bytes") return got.bytes;
    }
    return null;
  };

  const actions: Actions = {
    openRoom(id) {
      const room = rooms.get(id);
      if (room !== undefined) show(room);
    },
    closeRoom() {
      stopFollowing();
      open = null;
      notify();
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
      joined = false;
      notify();
    },
    markRead(id, upTo) {
      const room = rooms.get(id);
      const place = room === undefined ? null : placeOfItem(room.history, upTo);
      if (room === undefined || place === null) return;
      const { read } = room.stored;
      if (read !== null && (read[0] > place[0] || (read[0] === place[0] && read[1] >= place[1]))) return;
      room.stored = { ...room.stored, read: place };
      void keep(room.save(env.storage));
      notify();
    },
    forgetRoom(id) {
      void ask({ kind: "forget-room", room: id }).then(async (yes) => {
        if (!yes) return;
        if (open?.id === id) actions.closeRoom();
        rooms.delete(id);
        await keep(env.storage.forget(id));
        notify();
      });
    },
    retry() {
      if (open !== null) void start(open);
    },
    takeFile: (file) => void takeFile(file),
    async openFile(id, item, fileId) {
      const room = rooms.get(id);
      const post = room?.history.posts.find((p) => p.post.id === item)?.post;
      const file = post?.files.find((f) => base64url(f.id) === fileId);
      if (room === undefined || file === undefined) return null;
      const bytes = await carried(room, file);
      const content = bytes === null ? null : await openFile(bytes, file, env.breathe);
      if (content === null) {
        say(bytes === null ? "file-missing" : "file-damaged");
        return null;
      }
      const type = shown.test(file.mime) ? file.mime : "application/octet-stream";
      return new Blob([content.slice().buffer], { type });
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
    joined,
    inApp: env.inApp,
  });

  for (const stored of await env.storage.rooms().catch(() => [])) {
    const room = new Room(stored);
    rooms.set(room.id, room);
    loads.set(room, load(room));
  }

  const opened = env.fragment;
  if (opened !== "") {
    env.clearFragment();
    await enter(opened);
  } else if (rooms.size === 1) for (const room of rooms.values()) show(room);
  env.onFragment((fragment) => {
    if (fragment === "") return;
    env.clearFragment();
    void enter(fragment);
  });
  env.onVisible(() => {
    if (env.visible()) following?.look();
    else following?.rest();
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
