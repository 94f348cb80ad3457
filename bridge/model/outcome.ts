import type { Millis } from "./ids.ts";

/**
 * What came of a delivery.
 * - `sent`: the destination has it.
 * - `retry`: it certainly does not have it; try the same bytes again, not before `at` (ms, our clock).
 *   `anew`: and what was fixed is of no use any more, while for certain nothing of it can be seen: prepare it anew.
 * - `unknown`: no answer came back; it may or may not have it.
 * - `refused`: it will never take it; `code` says why. The lane goes on. `partly`: some of it was taken before that, and
 *   this receipt tells what stands there now.
 */
export type Outcome =
  | { readonly kind: "sent"; readonly receipt: string | null }
  | { readonly kind: "retry"; readonly at: Millis; readonly code: string; readonly anew?: true }
  | { readonly kind: "unknown"; readonly code: string }
  | { readonly kind: "refused"; readonly code: string; readonly partly?: string };
