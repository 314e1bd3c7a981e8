// The one entry: the launch token first, then each behaviour. A behaviour finds its elements by data- attribute
// in what was just put on the page, and tidies up when htmx takes its element away.

import { announce } from "./launch.js";
import "./dialog.js";
import "./frame.js";
import * as awake from "./awake.js";
import * as clock from "./clock.js";
import * as leave from "./leave.js";
import * as markSheet from "./mark-sheet.js";
import * as mySheets from "./my-sheets.js";
import "./print.js";
import * as rows from "./rows.js";
import "./say.js";
import * as speech from "./speech.js";
import "./stays.js";

const behaviours = [awake, clock, leave, markSheet, mySheets, rows, speech];

document.addEventListener("htmx:load", (event) => {
  const root = event.detail.elt ?? document.body;
  for (const { selector, attach } of behaviours) {
    if (root.matches?.(selector)) attach(root);
    root.querySelectorAll(selector).forEach(attach);
  }
  const news = root.matches?.("[data-announce]") ? root : root.querySelector("[data-announce]");
  if (news) announce(news.textContent.trim());
});
