import { useEffect, useRef, useState } from "preact/hooks";
import type { Actions, ViewFile } from "../view.ts";
import { sizeOf } from "./format.ts";
import { useTexts } from "./language.ts";

/** Kinds a browser decodes to a bitmap. SVG is not among them: it is a document. */
const pictures = /^image\/(jpeg|png|webp|gif|avif|bmp)$/;
export const isPicture = (file: ViewFile): boolean => pictures.test(file.mime);

/** Whether the browser says that bytes are dear: then pictures come on tap. */
function dearBytes(): boolean {
  const line: unknown = "connection" in navigator ? navigator.connection : null;
  if (typeof line !== "object" || line === null) return false;
  const saves = "saveData" in line && line.saveData === true;
  const slow = "effectiveType" in line && /^(slow-2g|2g|3g)$/.test(String(line.effectiveType));
  return saves || slow || ("type" in line && line.type === "cellular");
}

/** Re-decodes to a bitmap and draws it: nothing of the file's own bytes reaches the document. */
async function draw(canvas: HTMLCanvasElement, blob: Blob, most: number): Promise<void> {
  const bitmap = await createImageBitmap(blob);
  const scale = Math.min(1, most / Math.max(bitmap.width, bitmap.height));
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
}

/** Hands a blob to the browser as a download; its type is neutral, so it never opens as a page. */
function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(new Blob([blob], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

interface FileProps {
  readonly room: string;
  readonly item: string;
  readonly file: ViewFile;
  readonly actions: Actions;
}

/** A file as a download button with its name and size; under a photo (`plain`) in one quiet line. */
export function Download(p: FileProps & { readonly plain?: boolean }) {
  const t = useTexts();
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);
  const get = async () => {
    if (busy) return;
    setBusy(true);
    const blob = await p.actions.openFile(p.room, p.item, p.file.id).catch(() => null);
    setBusy(false);
    setFailed(blob === null);
    if (blob !== null) save(blob, p.file.name);
  };
  const size = sizeOf(t, p.file.size);
  if (p.plain === true)
    return (
      <button type="button" class="link" aria-busy={busy} onClick={() => void get()}>
        {busy ? t.getting : `${failed ? t.notGot : t.downloadPhoto} (${size})`}
      </button>
    );
  return (
    <button type="button" class="file" aria-busy={busy} onClick={() => void get()}>
      <span class="arrow" aria-hidden="true">
        ↓
      </span>
      <span>
        <bdi class="name">{p.file.name}</bdi>
        <span class="quiet">{busy ? t.getting : `${failed ? t.notGot : t.download}, ${size}`}</span>
      </span>
    </button>
  );
}

/** A photo: its small preview first, the whole one when it comes into view, or on tap where bytes are dear. */
export function Picture(p: FileProps) {
  const t = useTexts();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [state, setState] = useState<"wait" | "ask" | "busy" | "shown" | "failed">(
    dearBytes() ? "ask" : "wait",
  );
  const [whole, setWhole] = useState<Blob | null>(null);
  const [large, setLarge] = useState(false);
  const alive = useRef(true);
  const shown = useRef(false);
  const { file } = p;

  const load = async () => {
    setState("busy");
    const blob = await p.actions.openFile(p.room, p.item, file.id).catch(() => null);
    if (!alive.current) return;
    if (blob === null || canvas.current === null) return setState("failed");
    try {
      await draw(canvas.current, blob, 1600);
      shown.current = true;
      if (!alive.current) return;
      setWhole(blob);
      setState("shown");
    } catch {
      setState("failed");
    }
  };

  useEffect(() => {
    alive.current = true;
    const { thumb } = file;
    const small = document.createElement("canvas");
    if (thumb !== undefined)
      void draw(small, new Blob([new Uint8Array(thumb)]), 400).then(
        () => {
          const into = canvas.current;
          if (!shown.current && into !== null)
            into.getContext("2d")?.drawImage(small, 0, 0, into.width, into.height);
        },
        () => undefined,
      );
    return () => {
      alive.current = false;
    };
  }, []);

  useEffect(() => {
    const into = canvas.current;
    if (state !== "wait" || into === null) return;
    const watch = new IntersectionObserver(
      (seen) => {
        if (!seen.some((entry) => entry.isIntersecting)) return;
        watch.disconnect();
        // Two frames on, the text around it is painted.
        requestAnimationFrame(() => requestAnimationFrame(() => void load()));
      },
      { rootMargin: "400px" },
    );
    watch.observe(into);
    return () => watch.disconnect();
  }, [state]);

  const wide = file.width ?? 4;
  const high = file.height ?? 3;
  const size = sizeOf(t, file.size);
  const picture = (
    <canvas
      ref={canvas}
      role="img"
      aria-label={`${t.photo}: ${file.name}`}
      width={Math.min(wide, 800)}
      height={Math.max(1, Math.round((Math.min(wide, 800) * high) / wide))}
    />
  );
  return (
    <figure>
      <div class="frame">
        {picture}
        {state === "shown" && (
          <button type="button" class="over" onClick={() => setLarge(true)}>
            <span class="unseen">{`${t.enlarge}: ${file.name}`}</span>
          </button>
        )}
        {(state === "ask" || state === "failed") && (
          <button type="button" class="ask" onClick={() => void load()}>
            {state === "ask" ? `${t.showPhoto} (${size})` : `${t.photoFailed}. ${t.again}`}
          </button>
        )}
      </div>
      <figcaption>
        <Download {...p} plain />
      </figcaption>
      {large && whole !== null && <Large blob={whole} name={file.name} close={() => setLarge(false)} />}
    </figure>
  );
}

/** The photo over the whole window, at its own size, to be scrolled: timetables have small print. */
function Large(p: { readonly blob: Blob; readonly name: string; readonly close: () => void }) {
  const t = useTexts();
  const box = useRef<HTMLDialogElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    if (canvas.current !== null) void draw(canvas.current, p.blob, 4096).catch(p.close);
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog ref={box} class="large" aria-label={`${t.photo}: ${p.name}`} onClose={p.close}>
      <div class="row end">
        <button type="button" onClick={p.close}>
          {t.close}
        </button>
      </div>
      {/* What scrolls must be reached by the keyboard. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: as said above */}
      <section class="scroll" tabIndex={0} aria-label={p.name}>
        <canvas ref={canvas} role="img" aria-label={`${t.photo}: ${p.name}`} />
      </section>
    </dialog>
  );
}
