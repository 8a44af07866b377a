// The minutes that are left, as they pass; without this the page says what was left when it came.
for (const told of document.querySelectorAll("[data-left]")) {
  const bar = told.parentElement.querySelector("rect"), came = performance.now();
  const tell = () => {
    const left = Math.max(0, told.dataset.left - (performance.now() - came) / 1000);
    const words = told.dataset.words.replace("{n}", Math.ceil(left / 60));
    if (told.textContent !== words) told.textContent = words;
    bar.setAttribute("width", (100 * left) / told.dataset.lasts);
  };
  setInterval(tell, 5000);
}
