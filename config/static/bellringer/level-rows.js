// The rows of levels in the criterion form: add one, remove one.

import { announce } from "./launch.js";

export const selector = "[data-level-rows]";

let added = 0;

export function attach(rows) {
  const template = rows.querySelector("template");
  rows.addEventListener("click", (event) => {
    if (event.target.closest("[data-add-level]")) add(rows, template);
    const remover = event.target.closest("[data-remove-level]");
    if (remover) remove(rows, remover);
  });
}

function add(rows, template) {
  const row = template.content.firstElementChild.cloneNode(true);
  const place = `new-${(added += 1)}`;
  for (const element of row.querySelectorAll("[id], [for]")) {
    for (const name of ["id", "for"]) {
      if (element.hasAttribute(name)) element.setAttribute(name, element.getAttribute(name).replace("__place__", place));
    }
  }
  template.before(row);
  row.querySelector("input").focus();
}

function remove(rows, remover) {
  const row = remover.closest("[data-level-row]");
  const next = row.nextElementSibling?.querySelector("input") ?? rows.querySelector("[data-add-level]");
  row.remove();
  (next ?? rows.querySelector("[data-add-level]")).focus();
  rows.dispatchEvent(new Event("input", { bubbles: true }));
  announce(rows.dataset.removed);
}
