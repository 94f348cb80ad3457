import { useState } from "preact/hooks";
import type { Actions, AppView } from "../view.ts";
import { useTexts } from "./language.ts";
import { ErrorLine, PickFile } from "./notices.tsx";

interface Props {
  readonly view: AppView;
  readonly actions: Actions;
}

/** The rooms of this device with their unread counts. */
export function RoomList({ view, actions }: Props) {
  const t = useTexts();
  return (
    <ul class="rooms">
      {view.rooms.map((room) => (
        <li key={room.id}>
          <button
            type="button"
            aria-current={view.open?.id === room.id ? "page" : undefined}
            onClick={() => actions.openRoom(room.id)}
          >
            <bdi class="name">{room.title ?? t.untitled}</bdi>
            {room.unread > 0 && (
              <span class="count" aria-hidden="true">
                {room.unread}
              </span>
            )}
            <span class="unseen">{room.unread > 0 ? t.unread(room.unread) : t.noUnread}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Where a person gives a link or a file. */
function Enter({ view, actions }: Props) {
  const t = useTexts();
  const [text, setText] = useState("");
  return (
    <section aria-labelledby="enter" class="enter">
      <h2 id="enter">{t.open}</h2>
      <ErrorLine view={view} actions={actions} />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== "") actions.enterLink(text.trim());
        }}
      >
        <label for="link">{t.link}</label>
        <div class="row">
          <input
            id="link"
            type="text"
            inputMode="url"
            autoComplete="off"
            autoCapitalize="off"
            spellcheck={false}
            aria-describedby="link-hint"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <button type="submit" class="main">
            {t.openButton}
          </button>
        </div>
        <p id="link-hint" class="quiet">
          {t.linkHint}
        </p>
      </form>
      <PickFile actions={actions} />
    </section>
  );
}

/** The first page: rooms, and a place for a link. */
export function Rooms({ view, actions }: Props) {
  const t = useTexts();
  const none = view.rooms.length === 0;
  return (
    <>
      <h1 id="title" tabIndex={-1}>
        {none ? t.empty : t.rooms}
      </h1>
      {none ? <p class="lead">{t.emptyHow}</p> : <RoomList view={view} actions={actions} />}
      <Enter view={view} actions={actions} />
    </>
  );
}
