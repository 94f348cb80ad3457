import { useEffect, useRef, useState } from "preact/hooks";
import type { Actions, AppView, Banner, Question } from "../view.ts";
import { momentOf } from "./format.ts";
import { useTexts } from "./language.ts";

type Level = "bad" | "warn" | "info";

const levels: Record<Banner["kind"], Level> = {
  "two-histories": "bad",
  rekeyed: "bad",
  "link-damaged": "bad",
  "certificate-expired": "bad",
  "certificate-expiring": "warn",
  "mirror-silent": "warn",
  "source-silent": "warn",
  gap: "warn",
  "history-begins": "info",
  clock: "warn",
  "rolled-back": "warn",
  offline: "warn",
  "locator-disagrees": "bad",
  "pointed-missing": "warn",
  restored: "info",
};

/** Banners after which asking again can help. */
const retryable: readonly Banner["kind"][] = [
  "offline",
  "gap",
  "rolled-back",
  "mirror-silent",
  "pointed-missing",
];

/** One thing the reader must know: how weighty, what it is, what to do. */
export function BannerLine(p: { readonly banner: Banner; readonly zone: string; readonly actions: Actions }) {
  const t = useTexts();
  const { banner } = p;
  const local = banner.kind === "gap" && banner.local;
  const level: Level = local ? "info" : levels[banner.kind];
  const [title = "", body = ""] = t.banners[local ? "gap-local" : banner.kind];
  const when = "at" in banner ? banner.at : "since" in banner ? banner.since : null;
  const hours = banner.kind === "clock" ? String(banner.hours) : "";
  const said = body.replace("{at}", when === null ? "" : momentOf(t, p.zone, when)).replace("{hours}", hours);
  return (
    <div class={`banner ${level}`} role={level === "bad" ? "alert" : undefined}>
      <p>
        <strong>
          <span class="level">{t.levels[level]}:</span> {title}
        </strong>
      </p>
      <p>{said}</p>
      {retryable.includes(banner.kind) && (
        <button type="button" onClick={() => p.actions.retry()}>
          {t.again}
        </button>
      )}
      {banner.kind === "pointed-missing" && <PickFile actions={p.actions} />}
    </div>
  );
}

/** The line under what a person gave and could not be used. */
export function ErrorLine({ view, actions }: { readonly view: AppView; readonly actions: Actions }) {
  const t = useTexts();
  return (
    <div role="alert">
      {view.error !== null && (
        <div class="banner bad">
          <p>
            <strong>{t.error}.</strong> {t.errors[view.error]}
          </p>
          <button type="button" onClick={() => actions.dismissError()}>
            {t.dismiss}
          </button>
        </div>
      )}
    </div>
  );
}

/** Takes files with messages: bundles, and sealed files. */
export function PickFile({ actions }: { readonly actions: Actions }) {
  const t = useTexts();
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" onClick={() => picker.current?.click()}>
        {t.pick}
      </button>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        aria-label={t.pick}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          if (files.length > 0) actions.takeFiles(...files);
          event.currentTarget.value = "";
        }}
      />
      <p class="quiet drop">{t.drop}</p>
    </>
  );
}

/** Copies a text and says how that went. */
function Copy(p: {
  readonly text: string;
  readonly label: string;
  readonly done: string;
  readonly failed: string;
}) {
  const [said, say] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(p.text);
      say(p.done);
    } catch {
      say(p.failed);
    }
  };
  return (
    <>
      <button type="button" onClick={() => void copy()}>
        {p.label}
      </button>
      <p role="status" class="quiet said">
        {said}
      </p>
    </>
  );
}

interface JoinedProps {
  readonly actions: Actions;
  readonly link: string | null;
  readonly welcome: string | null;
}

export function Joined({ actions, link, welcome }: JoinedProps) {
  const t = useTexts();
  return (
    <section class="notice" aria-labelledby="joined">
      <h2 id="joined">{t.joinedTitle}</h2>
      <p>{t.joined}</p>
      {welcome !== null && (
        <blockquote dir="auto">
          <p class="text">{welcome}</p>
          <footer>{t.repNote}</footer>
        </blockquote>
      )}
      <div class="row">
        {link !== null && <Copy text={link} label={t.copy} done={t.copied} failed={t.copyFailed} />}
        <button type="button" class="main" onClick={() => actions.dismissJoined()}>
          {t.joinedOk}
        </button>
      </div>
    </section>
  );
}

/** The link was taken out of the address bar: what is copied is that link where it is still at hand. */
export function InApp({ link }: { readonly link: string | null }) {
  const t = useTexts();
  return (
    <section class="notice" aria-labelledby="inapp">
      <h2 id="inapp">{t.inAppTitle}</h2>
      <p>{t.inApp}</p>
      <Copy
        text={link ?? location.href}
        label={link === null ? t.copyPage : t.copy}
        done={link === null ? t.copiedPage : t.copied}
        failed={t.inAppFailed}
      />
    </section>
  );
}

export function Ask(p: {
  readonly question: Question;
  readonly title: string | null;
  readonly actions: Actions;
}) {
  const t = useTexts();
  const box = useRef<HTMLDialogElement>(null);
  const { question } = p;
  useEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const [title, body] = t.questions[question.kind];
  const answer = (yes: boolean) => p.actions.answer(yes);
  return (
    <dialog
      ref={box}
      aria-labelledby="ask"
      aria-describedby="ask-how"
      onCancel={(event) => {
        event.preventDefault();
        answer(false);
      }}
    >
      <h2 id="ask">{title}</h2>
      {p.title !== null && (
        <p>
          <bdi>{p.title}</bdi>
        </p>
      )}
      <p id="ask-how">{body}</p>
      {"origins" in question && question.origins.length > 0 && (
        <>
          <p class="quiet">{t.addresses}:</p>
          <ul>
            {question.origins.map((origin) => (
              <li key={origin}>
                <bdi class="mono">{origin}</bdi>
              </li>
            ))}
          </ul>
        </>
      )}
      <div class="row end">
        <button type="button" onClick={() => answer(false)}>
          {t.questionNo[question.kind]}
        </button>
        <button type="button" class="main" onClick={() => answer(true)}>
          {t.questionYes[question.kind]}
        </button>
      </div>
    </dialog>
  );
}
