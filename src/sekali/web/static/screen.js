// The big screen follows the hand on the ceremony. Without this script: load the page anew.
"use strict";
const main = document.querySelector("main");
setInterval(async () => {
  try {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html").querySelector("main.screen");
    if (page && page.innerHTML !== main.innerHTML) main.innerHTML = page.innerHTML;
  } catch { /* the line is away; what is shown stays */ }
}, 2000);
