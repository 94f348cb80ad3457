import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Actions, AppView, Banner, RoomView, ViewItem } from "../view.ts";
import { dayKey, dayOf, momentOf } from "./format.ts";
import { elementId, Item } from "./item.tsx";
import { useTexts } from "./language.ts";
import { BannerLine, ErrorLine, Joined, PickFile } from "./notices.tsx";

/** Items drawn at first, and more on each wish: a long room must not hold back its first line. */
const PAGE = 60;
/** Pinned posts that stand open on top: more would push down what is new. */
const PINNED = 2;

type Gap = Extract<Banner, { kind: "gap" }>;
const isGap = (banner: Banner): banner is Gap => banner.kind === "gap";

interface Props {
  readonly view: AppView;
  readonly room: RoomView;
  readonly actions: Actions;
}

/** One room: what is wrong with it, what is pinned, then the days, the newest on top. */
export function Room({ view, room, actions }: Props) {
  const t = useTexts();
  const { zone } = room;
  const [most, setMost] = useState(PAGE);
  const wanted = useRef<string | null>(null);
  const now = Date.now() / 1000;

  // The items come oldest first; a bulletin shows the newest on top.
  const newest = useMemo(() => [...room.items].reverse(), [room.items]);
  const pinned = newest.filter((item) => item.pin);
  const flow = newest.filter((item) => !item.pin);
  const shown = flow.slice(0, most);
  // Where the unread ones ended when the room was opened: the line stays while they become read.
  const divider = useRef<string | null>(null);
  if (divider.current === null) {
    const last = flow.findLastIndex((item) => item.unread);
    divider.current = (last >= 0 && last + 1 < flow.length ? flow[last]?.id : undefined) ?? null;
  }
  const gaps = room.banners.filter(isGap);
  const begins = room.banners.find((banner) => banner.kind === "history-begins");
  const top = room.banners.filter((banner) => banner.kind !== "gap" && banner.kind !== "history-begins");

  const goTo = (id: string) => {
    const place = flow.findIndex((item) => item.id === id);
    if (place >= most) setMost(place + PAGE);
    wanted.current = id;
    reach();
  };
  const reach = () => {
    const target = wanted.current === null ? null : document.getElementById(elementId(wanted.current));
    if (target === null) return;
    wanted.current = null;
    target.scrollIntoView({ block: "center" });
    target.focus({ preventScroll: true });
  };
  useEffect(reach);

  // When the oldest unread post has been in view, everything up to the newest is read.
  const oldestUnread = newest.findLast((item) => item.unread)?.id;
  const newestId = room.items.at(-1)?.id;
  const readAll = () => {
    if (newestId !== undefined) actions.markRead(room.id, newestId);
  };
  useEffect(() => {
    const target = oldestUnread === undefined ? null : document.getElementById(elementId(oldestUnread));
    if (target === null) return;
    const watch = new IntersectionObserver((seen) => {
      if (seen.some((entry) => entry.isIntersecting) && document.visibilityState === "visible") readAll();
    });
    watch.observe(target);
    return () => watch.disconnect();
  }, [oldestUnread, newestId, most]);

  const marked = room.unread < room.items.length;
  const draw = (item: ViewItem, dated: boolean) => (
    <Item
      key={item.id}
      item={item}
      room={room.id}
      zone={zone}
      actions={actions}
      goTo={goTo}
      marked={marked}
      dated={dated}
    />
  );

  // A day keeps its key when a post comes to it: its photos, and what is unfolded, stay as they are.
  const days: { day: string; key: string; items: ViewItem[] }[] = [];
  for (const item of shown) {
    const day = dayKey(t, zone, item.t);
    const last = days.at(-1);
    if (last?.day === day) last.items.push(item);
    else days.push({ day, key: `${day} ${days.filter((d) => d.day === day).length}`, items: [item] });
  }
  /** The gaps that lie between an item and the next older one. */
  const gapsBelow = (item: ViewItem) => {
    const older = flow[flow.indexOf(item) + 1];
    return gaps.filter((gap) => {
      const edge = gap.after ?? gap.before;
      return (
        edge !== null &&
        edge <= item.t &&
        (older === undefined || edge > older.t - (gap.after === null ? 0 : 1))
      );
    });
  };
  const placed = new Set<Gap>();
  const body = days.map((day) => (
    <section key={day.key} class="day">
      <h2 class="date">{dayOf(t, zone, day.items[0]?.t ?? 0, now)}</h2>
      {day.items.flatMap((item) => [
        draw(item, false),
        item.id === divider.current ? (
          <p key={`${item.id} read`} class="divider">
            <span>{t.newAbove}</span>
          </p>
        ) : null,
        ...gapsBelow(item)
          .filter((gap) => !placed.has(gap) && placed.add(gap))
          .map((gap, i) => (
            <BannerLine key={`${item.id} gap ${i}`} banner={gap} zone={zone} actions={actions} />
          )),
      ])}
    </section>
  ));

  return (
    <>
      <h1 id="title" tabIndex={-1}>
        <bdi>{room.title ?? t.untitled}</bdi>
      </h1>
      <p class="quiet contact">
        <span>{room.contact === null ? t.never : t.contact(momentOf(t, zone, room.contact))}</span>
        {room.unread > 0 && <strong>{t.unread(room.unread)}</strong>}
        {room.unread > 1 && (
          <button type="button" class="link" onClick={readAll}>
            {t.markAll}
          </button>
        )}
      </p>
      <ErrorLine view={view} actions={actions} />
      {view.joined && <Joined actions={actions} link={view.link} welcome={room.welcome} />}
      {[...top, ...gaps.filter((gap) => !placed.has(gap))].map((banner, i) => (
        <BannerLine key={`${banner.kind} ${i}`} banner={banner} zone={zone} actions={actions} />
      ))}
      <Announcer items={room.items} loading={room.loading} />
      {pinned.length > 0 && (
        <section class="pinned" aria-labelledby="pinned">
          <h2 id="pinned">{t.pinned}</h2>
          {pinned.slice(0, PINNED).map((item) => draw(item, true))}
          {pinned.length > PINNED && (
            <details class="earlier">
              <summary>{t.morePinned(pinned.length - PINNED)}</summary>
              {pinned.slice(PINNED).map((item) => draw(item, true))}
            </details>
          )}
        </section>
      )}
      {room.loading && <p class="quiet">{t.loading}</p>}
      {!room.loading && room.items.length === 0 && <p class="lead">{t.noPosts}</p>}
      {body}
      {flow.length > most && (
        <button type="button" class="more" onClick={() => setMost(most + PAGE)}>
          {t.more}
        </button>
      )}
      {flow.length <= most && begins !== undefined && (
        <BannerLine banner={begins} zone={zone} actions={actions} />
      )}
      <About room={room} actions={actions} />
    </>
  );
}

/** Says to a screen reader that posts have come; silent about those that were there on opening. */
function Announcer({ items, loading }: Pick<RoomView, "items" | "loading">) {
  const t = useTexts();
  const known = useRef<Set<string> | null>(null);
  const [said, say] = useState("");
  useEffect(() => {
    const before = known.current;
    known.current = new Set(items.map((item) => item.id));
    if (before === null || before.size === 0 || loading) return;
    const come = items.filter((item) => !before.has(item.id));
    const first = come.at(-1);
    if (first !== undefined)
      say(`${t.newOnes(come.length)}. ${first.urgent ? `${t.urgent}. ` : ""}${first.text.slice(0, 140)}`);
  }, [items]);
  return (
    <p class="unseen" role="status" aria-live="polite">
      {said}
    </p>
  );
}

function About({ room, actions }: { readonly room: RoomView; readonly actions: Actions }) {
  const t = useTexts();
  const { compare } = room;
  return (
    <section class="about" aria-labelledby="about">
      <h2 id="about">{t.about}</h2>
      {room.telegram !== null && (
        <p>
          {t.telegram}: <bdi class="mono">{room.telegram}</bdi>
        </p>
      )}
      {compare !== null && (
        <details>
          <summary>{t.compare}</summary>
          <p>{t.compareHow}</p>
          <ol class="words">
            {compare.words.map((word, i) => (
              <li key={i}>{word}</li>
            ))}
          </ol>
          <p class="quiet">{t.compareAt(compare.chain, compare.seq)}</p>
        </details>
      )}
      <p class="quiet">{t.pickHow}</p>
      <PickFile actions={actions} />
      <p class="quiet">{t.forgetHow}</p>
      <button type="button" class="danger" onClick={() => actions.forgetRoom(room.id)}>
        {t.forget}
      </button>
    </section>
  );
}
