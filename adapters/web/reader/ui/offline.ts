/** What Trusted Types give a page; the libraries of TypeScript do not name it yet. */
interface WorkerPolicies {
  createPolicy(
    name: string,
    rules: { createScriptURL(text: string): string },
  ): { createScriptURL(text: string): string };
}

const hasPolicies = (place: unknown): place is { trustedTypes: WorkerPolicies } =>
  typeof place === "object" && place !== null && "trustedTypes" in place;

/** Registers the worker that keeps the page itself; where none lies beside the page it goes without. */
export function keepPage(): void {
  if (!/^https?:$/.test(location.protocol) || !("serviceWorker" in navigator)) return;
  const address = new URL("worker.js", location.href.replace(/[?#].*$/, "")).href;
  const place: unknown = window;
  try {
    const url = hasPolicies(place)
      ? place.trustedTypes
          .createPolicy("postern-worker", {
            createScriptURL: (text) => {
              if (text !== address) throw new TypeError("only the page's own worker");
              return text;
            },
          })
          .createScriptURL(address)
      : address;
    void navigator.serviceWorker.register(url).then(
      () => {
        // Only where the page can be kept can it be installed.
        const manifest = document.createElement("link");
        manifest.rel = "manifest";
        manifest.href = "manifest.webmanifest";
        document.head.append(manifest);
      },
      () => undefined,
    );
  } catch {
    // No worker: the page opens from the network alone.
  }
}
