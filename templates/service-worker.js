// Shows a page of its own while the server cannot be reached, and keeps nothing else: no conversation is ever in its cache.

const CACHE = "offline-{{ version }}";
const FILES = [{% for file in files %}"{{ file|escapejs }}"{% if not forloop.last %}, {% endif %}{% endfor %}];

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" })))));
});

addEventListener("activate", (event) => event.waitUntil(takeOver()));

addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.mode === "navigate") event.respondWith(page(event));
  else if (address.origin === location.origin && FILES.includes(address.pathname)) event.respondWith(file(event.request));
});

async function takeOver() {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
  // The page is asked for while the worker starts, so that having one costs no time.
  await registration.navigationPreload?.enable();
  await clients.claim();
}

async function page(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch (error) {
    return kept(FILES[0], error);
  }
}

async function file(request) {
  try {
    return await fetch(request);
  } catch (error) {
    return kept(new URL(request.url).pathname, error);
  }
}

async function kept(path, error) {
  const found = await caches.match(path, { ignoreVary: true });
  if (found) return found;
  throw error;
}
