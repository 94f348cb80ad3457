// Keeps the page itself, and nothing else, for opening without a network. Never anything of a feed.
const name = "reader-page";
const page = new URL("./", self.location.href).href;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(name)
      .then((cache) => cache.add(new Request(page, { cache: "reload" })))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || request.mode !== "navigate" || url.origin + url.pathname !== page) return;
  event.respondWith(
    fetch(request)
      .then(async (answer) => {
        if (answer.ok) await (await caches.open(name)).put(page, answer.clone());
        return answer;
      })
      .catch(async () => (await caches.match(page)) ?? Response.error()),
  );
});
