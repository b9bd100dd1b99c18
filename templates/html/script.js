"use strict";
// Without this script everything is there to read. With it: terms mark their paths, derivations fold together,
// and boxes that scroll can be reached by keyboard.

// the term that was chosen last stays marked; pointing at another one shows that one for as long as it lasts
for (const gallery of document.querySelectorAll(".gallery")) {
  const stage = gallery.querySelector(".stage");
  const terms = [...gallery.querySelectorAll("[data-term]")];
  if (!stage || !terms.length) continue;
  let chosen = terms[0];
  const show = (term) => {
    for (const piece of stage.querySelectorAll("[data-path], [data-use]"))
      for (const kind of ["path", "use"])
        piece.classList.toggle(kind, (piece.dataset[kind] || "").split(" ").includes(term.dataset.term));
  };
  const choose = (term) => {
    chosen = term;
    for (const other of terms) other.setAttribute("aria-pressed", String(other === term));
    show(term);
  };
  for (const term of terms) {
    term.tabIndex = 0;
    term.setAttribute("role", "button");
    term.setAttribute("aria-label", term.dataset.label);
    term.setAttribute("aria-controls", stage.id);
    term.addEventListener("focus", () => choose(term));
    term.addEventListener("click", () => choose(term));
    term.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      choose(term);
    });
    term.addEventListener("pointerenter", () => show(term));
    term.addEventListener("pointerleave", () => show(chosen));
  }
  gallery.classList.add("live");
  choose(chosen);
}

const derivations = [...document.querySelectorAll("details.derivation")];
if (derivations.length > 1) {
  const button = document.createElement("button");
  button.type = "button";
  const label = () => { button.textContent = derivations.some((one) => one.open) ? \VAR{words("page.fold")|script} : \VAR{words("page.unfold")|script}; };
  button.addEventListener("click", () => {
    const open = !derivations.some((one) => one.open);
    for (const one of derivations) one.open = open;
  });
  for (const one of derivations) one.addEventListener("toggle", label);
  label();
  document.querySelector("main").before(button);
}

const reach = (box) => {
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  else box.removeAttribute("tabindex");
};
const watch = new ResizeObserver((entries) => entries.forEach((entry) => reach(entry.target)));
for (const box of document.querySelectorAll(".scroll")) watch.observe(box);
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
