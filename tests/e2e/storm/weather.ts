import type { Fault } from "../../../simulators/max/faults.ts";
import type { Settings } from "../../../simulators/max/settings.ts";
import type { Trouble } from "../../../simulators/max/troubles.ts";
import { stranger } from "../../max-bot/tls.helper.ts";
import type { Control, Kind } from "./posts.ts";

/** One trouble that MAX makes for a while: from `on` until the bridge has met it. */
export interface Weather {
  readonly trouble: Trouble;
  on(control: Control): void;
  off(control: Control): void;
  /** What must be posted for it to be met. */
  readonly needs?: Kind;
}

const setting = (trouble: Trouble, on: Partial<Settings>, off: Partial<Settings>): Weather => ({
  trouble,
  on: (c) => void c.set(on),
  off: (c) => void c.set(off),
});

/** The next request that fits meets a fault. */
const fault = (trouble: Trouble, path: string, what: Fault, needs?: Kind): Weather => ({
  trouble,
  on: (c) => void c.fault({ path, fault: what }),
  off: () => {},
  ...(needs === undefined ? {} : { needs }),
});

const hook = (trouble: Trouble, pollingWithWebhook: Settings["pollingWithWebhook"]): Weather => ({
  trouble,
  on(c) {
    c.set({ pollingWithWebhook });
    c.webhook({ url: "https://hook.example/" });
  },
  off: (c) => void c.webhook({ url: null }),
});

/** The limits that MAX published. */
export const limits = { updatesPerSecond: 2, requestsPerSecond: 30 } as const;

const everywhere = (path: string, needs?: Kind): readonly Weather[] => [
  fault("rate_limit", path, { kind: "rate_limit", retryAfter: 3 }, needs),
  fault("rate_limit", path, { kind: "rate_limit" }, needs),
  fault("server_error", path, { kind: "status", status: 500 }, needs),
  fault("server_error", path, { kind: "status", status: 503 }, needs),
  fault("html", path, { kind: "html" }, needs),
  fault("hang", path, { kind: "hang" }, needs),
  fault("slow", path, { kind: "slow", chunk: 400, pauseMs: 50 }, needs),
  fault("reset", path, { kind: "reset" }, needs),
  fault("reset_in_body", path, { kind: "reset", when: "body" }, needs),
  fault("cut_in_body", path, { kind: "cut" }, needs),
];

/** All that comes and goes while the bridge runs. */
export const passing: readonly Weather[] = [
  ...everywhere("/updates"),
  ...everywhere("/media/*", "file"),
  fault("media_expired", "/media/*", { kind: "expired_media" }, "file"),
  { ...setting("video_without_urls", { videoUrls: false }, { videoUrls: true }), needs: "video" },
  fault("server_error", "/videos/*", { kind: "status", status: 500 }, "video"),
  fault("html", "/videos/*", { kind: "html" }, "video"),
  setting("too_many_polls", { updatesPerSecond: 1 }, limits),
  setting("too_many_requests", { requestsPerSecond: 1 }, limits),
  setting("limit_capped", { updatesCap: 2 }, { updatesCap: 100 }),
  setting(
    "hold_capped",
    { holdCapSeconds: 0, emptyMarker: "null" },
    { holdCapSeconds: 30, emptyMarker: "next" },
  ),
  hook("webhook_405", "405"),
  hook("webhook_empty", "empty"),
  {
    trouble: "strange_certificate",
    on: (c) => void c.certificate(stranger),
    off: (c) => void c.certificate({}),
  },
];

/** What meets a history when the bridge starts. */
export const atTheStart: readonly Weather[] = everywhere("/messages");
