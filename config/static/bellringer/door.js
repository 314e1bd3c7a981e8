// An examiner's link: what stands behind the # leaves the address bar and goes to the server in a form, as a launch does.
// The answer is a document of its own. Browsers send what is behind a # nowhere by themselves.

const DEVICE = "bellringer-device";
const door = document.querySelector("[data-door]");
const form = door.querySelector("form");
let secret = "";

// Lets the server tell this device from another one that was given the same link. Nothing depends on it.
function deviceName() {
  try {
    const name = localStorage.getItem(DEVICE) ?? crypto.randomUUID();
    localStorage.setItem(DEVICE, name);
    return name;
  } catch {
    return "";
  }
}

function say(what) {
  for (const part of door.querySelectorAll("[data-door-says]")) part.hidden = part.dataset.doorSays !== what;
}

function takeFromAddress() {
  const found = location.hash.slice(1);
  if (!found) return;
  secret = found;
  history.replaceState(history.state, "", location.pathname);
}

async function isReachable() {
  try {
    await fetch(form.action, { method: "HEAD", cache: "no-store", credentials: "omit", signal: AbortSignal.timeout?.(10_000) });
    return true;
  } catch {
    return false;
  }
}

async function open() {
  takeFromAddress();
  if (!secret) return say("none");
  say("wait");
  // A form that is sent without the network would leave the browser's own page in our place, and the link would be gone.
  if (!(await isReachable())) return say("offline");
  form.elements.secret.value = secret;
  form.elements.device.value = deviceName();
  form.submit();
}

door.querySelector("[data-door-again]").addEventListener("click", open);
addEventListener("hashchange", open);
open();
