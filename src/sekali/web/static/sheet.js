// Score sheets on a tablet whose line may break. What is typed is kept on the tablet at once; what is sent waits there
// until the server has acknowledged it. Each sending has a key of its own, so sending it again never counts twice.
// Two assessors may share a tablet: what one left waiting is only ever sent in that one's own session.
// Without this script the sheet is an ordinary form.
"use strict";
const words = document.currentScript.dataset;
const TYPED = `sekali.sheet.${words.who}.`, WAITING = `sekali.waiting.${words.who}.`;
const form = document.getElementById("sheet");
const told = document.getElementById("waiting");
const place = location.pathname + location.search;

function tell(text) { if (told) { told.textContent = text; told.hidden = false; } }
function fields() { return Object.fromEntries([...new FormData(form)].filter(([name]) => name !== "action")); }
function newKey() { return [...crypto.getRandomValues(new Uint8Array(8))].map((b) => b.toString(16).padStart(2, "0")).join(""); }

async function sendAll() {
  for (const name of Object.keys(localStorage).filter((one) => one.startsWith(WAITING))) {
    const waiting = JSON.parse(localStorage.getItem(name));
    let answer;
    try {
      answer = await fetch(waiting.to, {
        method: "POST", credentials: "same-origin", redirect: "manual",
        headers: { "X-Sekali": "sheet", "Content-Type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams(waiting.fields),
      });
    } catch { tell(words.waiting); continue; }
    if (answer.status === 200) {
      const { version } = await answer.json();
      localStorage.removeItem(name);
      localStorage.removeItem(TYPED + waiting.to);
      if (form && waiting.to === place) {
        form.elements.base.value = version; form.elements.key.value = newKey();
        if (waiting.fields.action === "final") { location.assign("/penilai"); return; }
      }
      tell(words.sent);
    } else if (answer.status === 400 || answer.status === 409 || answer.status === 403) {
      // Not accepted: the words come back into the form, nothing is thrown away.
      const { error } = await answer.json().catch(() => ({ error: "" }));
      localStorage.removeItem(name);
      localStorage.setItem(TYPED + waiting.to, JSON.stringify(waiting.fields));
      if (form) form.elements.key.value = newKey();
      tell(words.refused + " " + error);
    } else { tell(words.waiting); }
  }
}

if (form && !form.dataset.final) {
  const typed = localStorage.getItem(TYPED + place);
  if (typed) for (const [name, value] of Object.entries(JSON.parse(typed))) {
    if (form.elements[name] && name !== "key" && name !== "base") form.elements[name].value = value;
  }
  form.addEventListener("input", () => localStorage.setItem(TYPED + place, JSON.stringify(fields())));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const sent = { to: place, fields: { ...fields(), action: event.submitter ? event.submitter.value : "save" } };
    localStorage.setItem(WAITING + place, JSON.stringify(sent));
    sendAll();
  });
}
addEventListener("online", sendAll);
setInterval(() => { if (navigator.onLine) sendAll(); }, 15000);
sendAll();
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/penilai/luring.js", { scope: "/penilai" });
for (const out of document.querySelectorAll("form[action='/keluar']")) {
  out.addEventListener("submit", () => { if ("caches" in window) caches.delete("sekali-sheets"); });
}
