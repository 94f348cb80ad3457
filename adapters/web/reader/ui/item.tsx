import { useMemo } from "preact/hooks";
import type { Actions, ViewItem } from "../view.ts";
import { diffWords } from "./diff.ts";
import { Download, isPicture, Picture } from "./files.tsx";
import { momentOf, timeOf } from "./format.ts";
import { useTexts } from "./language.ts";
import { Rich } from "./rich.tsx";

/** Element ids start with a word of ours, so that no announcement id can name another element. */
export const elementId = (id: string): string => `post-${id}`;

function Changes({ was, now, when }: { readonly was: string; readonly now: string; readonly when: string }) {
  const t = useTexts();
  const parts = useMemo(() => diffWords(was, now), [was, now]);
  return (
    <details class="changes">
      <summary>
        {t.edited(when)}: {t.changes}
      </summary>
      <p class="text" dir="auto">
        {parts.map((part, i) =>
          part.kind === "same" ? (
            <span key={i}>{part.text}</span>
          ) : part.kind === "gone" ? (
            <del key={i}>
              <span class="unseen">[{t.removed}: </span>
              {part.text}
              <span class="unseen">] </span>
            </del>
          ) : (
            <ins key={i}>
              <span class="unseen">[{t.added}: </span>
              {part.text}
              <span class="unseen">] </span>
            </ins>
          ),
        )}
      </p>
    </details>
  );
}

interface ItemProps {
  readonly item: ViewItem;
  readonly room: string;
  readonly zone: string;
  readonly actions: Actions;
  /** Brings another post into view and focus. */
  readonly goTo: (id: string) => void;
  /** Whether what is unread is marked so: where everything is, the mark says nothing. */
  readonly marked: boolean;
  /** Pinned posts stand out of their day, so they carry their date. */
  readonly dated: boolean;
}

/** One announcement, digest or note. */
export function Item(p: ItemProps) {
  const t = useTexts();
  const { item } = p;
  const id = elementId(item.id);
  const { reply, edited } = item;
  const was = edited?.was;
  const changed = edited === null ? null : momentOf(t, p.zone, edited.t);
  const tags = [
    ...(item.urgent ? [{ kind: "urgent", word: t.urgent }] : []),
    ...(item.unread && p.marked ? [{ kind: "fresh", word: t.fresh }] : []),
    ...(item.pin && !p.dated ? [{ kind: "pin", word: t.pin }] : []),
    ...(item.type === "note" ? [{ kind: "plain", word: item.why === "rep" ? t.repNote : t.note }] : []),
    ...(item.type === "digest" ? [{ kind: "plain", word: t.digest }] : []),
    ...(item.confirmed ? [] : [{ kind: "doubt", word: t.unconfirmed }]),
  ];
  return (
    <article
      id={id}
      tabIndex={-1}
      class={`${item.type}${item.urgent ? " urgent" : ""}${item.confirmed ? "" : " doubt"}`}
      aria-labelledby={`${id}-when`}
      data-item={item.id}
    >
      <h3 class="when" id={`${id}-when`}>
        <time dateTime={new Date(item.t * 1000).toISOString()}>
          {p.dated ? momentOf(t, p.zone, item.t) : timeOf(t, p.zone, item.t)}
        </time>
        {tags.map((tag) => (
          <span key={tag.kind} class={`tag ${tag.kind}`}>
            {tag.word}
          </span>
        ))}
      </h3>
      {!item.confirmed && <p class="quiet">{t.unconfirmedHow}</p>}
      {reply !== null && (
        <p class="reply">
          <span class="quiet">{t.replyTo}: </span>
          {reply.excerpt === null ? (
            <span class="quiet">{t.replyGone}</span>
          ) : (
            <button type="button" class="link" onClick={() => p.goTo(reply.id)}>
              <bdi>«{reply.excerpt}»</bdi>
            </button>
          )}
        </p>
      )}
      {item.text !== "" && <Rich text={item.text} marks={item.marks} />}
      {changed !== null &&
        (was !== undefined && was !== item.text ? (
          <Changes was={was} now={item.text} when={changed} />
        ) : (
          <p class="edited">{t.edited(changed)}</p>
        ))}
      {item.files.length > 0 && (
        <div class="files">
          {item.files.map((file) => {
            const props = { room: p.room, item: item.id, file, actions: p.actions };
            return isPicture(file) ? (
              <Picture key={file.id} {...props} />
            ) : (
              <Download key={file.id} {...props} />
            );
          })}
        </div>
      )}
    </article>
  );
}
