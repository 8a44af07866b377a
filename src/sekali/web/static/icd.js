// The live list of diagnoses: a native datalist, filled while typing. Without this script the server offers the choice.
for (const input of document.querySelectorAll("input[data-icd]")) {
  const list = document.getElementById(input.dataset.icd);
  input.setAttribute("list", list.id);
  let waiting;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    if (input.value.length < 2) return;
    waiting = setTimeout(async () => {
      const answer = await fetch("/dokter/icd?q=" + encodeURIComponent(input.value));
      if (!answer.ok) return;
      list.replaceChildren(...(await answer.json()).map(({ code, text }) => new Option("", `${code} ${text}`)));
    }, 120);
  });
}
