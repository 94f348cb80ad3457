import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import type { Store } from "../view.ts";
import { firstLanguage, keepLanguage, type Lang, Language, textsOf } from "./language.ts";
import { Ask, InApp } from "./notices.tsx";
import { Room } from "./room.tsx";
import { RoomList, Rooms } from "./rooms.tsx";

const focusOn = (id: string) => document.getElementById(id)?.focus();

/** The whole page over a store. */
export function App({ store }: { readonly store: Store }) {
  const [, changed] = useReducer((n: number, _: undefined) => n + 1, 0);
  const [lang, setLang] = useState<Lang>(firstLanguage);
  const [over, setOver] = useState(false);
  const t = textsOf(lang);
  const { actions } = store;
  const view = store.view();
  const { open } = view;

  useEffect(() => store.subscribe(() => changed(undefined)), [store]);

  // Going from list to room and back moves the focus to the heading; the first drawing leaves it alone.
  const place = open?.id ?? "";
  const drawn = useRef(false);
  useEffect(() => {
    if (drawn.current) {
      window.scrollTo(0, 0);
      focusOn("title");
    }
    drawn.current = true;
  }, [place]);

  const unread = view.rooms.reduce((sum, room) => sum + room.unread, 0);
  useEffect(() => {
    document.documentElement.lang = lang;
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${open?.title ?? t.page}`;
  }, [lang, unread, open?.title]);

  // A bundle may be dropped anywhere on the page.
  useEffect(() => {
    const hold = (event: DragEvent) => {
      event.preventDefault();
      setOver(event.type === "dragover");
      const files = event.type === "drop" ? [...(event.dataTransfer?.files ?? [])] : [];
      if (files.length > 0) actions.takeFiles(...files);
    };
    const kinds = ["dragover", "dragleave", "drop"] as const;
    for (const kind of kinds) addEventListener(kind, hold);
    return () => {
      for (const kind of kinds) removeEventListener(kind, hold);
    };
  }, [actions]);

  const choose = (next: Lang) => {
    keepLanguage(next);
    setLang(next);
  };
  const two = open !== null && view.rooms.length > 1;
  const { question } = view;
  const asked =
    question === null ? null : (view.rooms.find((room) => room.id === question.room)?.title ?? null);

  return (
    <Language.Provider value={t}>
      <header class={`bar${two ? " two" : ""}`}>
        {/* A button: the fragment of this page is for links to rooms, and is not touched. */}
        <button type="button" class="skip" onClick={() => focusOn("main")}>
          {t.skip}
        </button>
        {open === null ? (
          <span class="brand">{t.page}</span>
        ) : (
          <button type="button" class="back" onClick={() => actions.closeRoom()}>
            <span aria-hidden="true">← </span>
            {t.allRooms}
          </button>
        )}
        <fieldset class="langs" aria-label={t.language}>
          {(["ru", "en"] as const).map((one) => (
            <button
              key={one}
              type="button"
              lang={one}
              aria-pressed={lang === one}
              onClick={() => choose(one)}
            >
              {one === "ru" ? "Русский" : "English"}
            </button>
          ))}
        </fieldset>
      </header>
      <div class={`page${two ? " two" : ""}${over ? " over" : ""}`}>
        {two && (
          <nav aria-label={t.rooms}>
            <RoomList view={view} actions={actions} />
          </nav>
        )}
        <main id="main" tabIndex={-1}>
          {view.inApp && <InApp link={view.link} />}
          {open === null ? (
            <Rooms view={view} actions={actions} />
          ) : (
            <Room key={open.id} view={view} room={open} actions={actions} />
          )}
        </main>
      </div>
      {question !== null && (
        <Ask key={`${question.kind} ${question.room}`} question={question} title={asked} actions={actions} />
      )}
    </Language.Provider>
  );
}
