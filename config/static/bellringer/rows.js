// Rows of a form that one adds, removes and puts in order: levels of a criterion, feedback statements.

import { announce } from "./launch.js";

export const selector = "[data-rows]";

const FIELD = "input:not([type=hidden])";
let added = 0;

export function attach(rows) {
  const template = rows.querySelector("template");
  rows.addEventListener("click", (event) => {
    if (event.target.closest("[data-add-row]")) add(template);
    const remover = event.target.closest("[data-remove-row]");
    if (remover) remove(rows, remover);
    const mover = event.target.closest("[data-move-row]");
    if (mover) move(rows, mover);
  });
}

function add(template) {
  const row = template.content.firstElementChild.cloneNode(true);
  const place = `new-${(added += 1)}`;
  for (const element of row.querySelectorAll("*")) {
    for (const attribute of element.attributes) attribute.value = attribute.value.replaceAll("__place__", place);
  }
  template.before(row);
  row.querySelector(FIELD).focus();
}

function remove(rows, remover) {
  const row = remover.closest("[data-row]");
  const next = row.nextElementSibling?.querySelector(FIELD) ?? rows.querySelector("[data-add-row]");
  row.remove();
  next.focus();
  rows.dispatchEvent(new Event("input", { bubbles: true }));
  announce(rows.dataset.removed);
}

// The neighbour moves, so that the focus stays where it is.
function move(rows, mover) {
  const row = mover.closest("[data-row]");
  const isUp = mover.dataset.moveRow === "up";
  const neighbour = isUp ? row.previousElementSibling : row.nextElementSibling;
  if (neighbour?.matches("[data-row]")) row[isUp ? "after" : "before"](neighbour);
  const all = [...rows.querySelectorAll("[data-row]")];
  announce(rows.dataset.moved.replace("{place}", all.indexOf(row) + 1).replace("{n}", all.length));
}
