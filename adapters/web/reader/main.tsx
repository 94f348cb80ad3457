import { browserStore } from "./room/app.ts";
import { keepPage } from "./ui/offline.ts";
import { start } from "./ui/start.tsx";

// A page that another one frames does nothing at all: no store, no request, no worker.
if (window.top === window.self)
  void browserStore().then((store) => {
    start(store);
    keepPage();
  });
