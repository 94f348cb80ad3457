import { render } from "preact";
import type { Store } from "../view.ts";
import { App } from "./app.tsx";

/** Draws the page over a store; nothing when another page frames it. */
export function start(store: Store): void {
  const root = document.getElementById("app");
  if (root === null || window.top !== window.self) return;
  render(<App store={store} />, root);
}
