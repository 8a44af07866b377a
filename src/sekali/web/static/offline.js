// Keeps an assessor's opened sheets on the tablet, so that they open without a line. The server's answer always comes
// first; what was kept is shown only when there is none. Logging out takes everything away (sheet.js).
"use strict";
const KEPT = "sekali-sheets";
const LONGEST_WAIT = 5000;

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  const ours = origin === location.origin && (pathname.startsWith("/penilai") || pathname.startsWith("/static/"));
  if (request.method !== "GET" || !ours) return;
  event.respondWith((async () => {
    const kept = await caches.open(KEPT);
    try {
      const answer = await fetch(request, { signal: AbortSignal.timeout(LONGEST_WAIT) });
      if (answer.ok && !answer.redirected) await kept.put(request, answer.clone());
      return answer;
    } catch (error) {
      const found = await kept.match(request);
      if (found) return found;
      throw error;
    }
  })());
});
