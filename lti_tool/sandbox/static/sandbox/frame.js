// Opens the tool in the frame and answers the postMessages that the LMS answers.
// Storage follows LTI platform storage with the limits of Canvas: 4096 characters and 500 keys for a tool.

const frame = document.querySelector("iframe");
const toolOrigin = new URL(frame.dataset.toolOrigin).origin;
const shelf = `lti-storage ${toolOrigin}`;
const SUPPORTED = ["lti.capabilities", "lti.put_data", "lti.get_data", "lti.frameResize"];

function stored() {
  return JSON.parse(sessionStorage.getItem(shelf) ?? "{}");
}

function refusal(code, message) {
  return { error: { code, message } };
}

function put({ key, value }) {
  if (typeof key !== "string" || key === "") return refusal("bad_request", "key is missing");
  const all = stored();
  if (value === null || value === undefined) {
    delete all[key];
  } else {
    all[key] = String(value);
  }
  const length = Object.entries(all).reduce((sum, [name, text]) => sum + name.length + text.length, 0);
  if (Object.keys(all).length > 500) return refusal("storage_exhaustion", "Reached key limit for tool");
  if (length > 4096) return refusal("storage_exhaustion", "Reached byte limit for tool");
  sessionStorage.setItem(shelf, JSON.stringify(all));
  return { key, value };
}

function get({ key }) {
  if (typeof key !== "string" || key === "") return refusal("bad_request", "key is missing");
  return { key, value: stored()[key] ?? null };
}

function capabilities() {
  return {
    supported_messages: SUPPORTED.map((subject) =>
      subject.endsWith("_data") ? { subject, frame: "_parent" } : { subject },
    ),
  };
}

function resize({ height }) {
  const pixels = Number(height);
  if (Number.isFinite(pixels) && pixels > 0) frame.style.blockSize = `${Math.min(pixels, 20000)}px`;
}

const ANSWERS = { "lti.capabilities": capabilities, "lti.put_data": put, "lti.get_data": get };

function hear(event) {
  if (event.origin !== toolOrigin || typeof event.data !== "object" || event.data === null) return;
  const { subject, message_id } = event.data;
  if (subject === "lti.frameResize") {
    resize(event.data);
  } else if (Object.hasOwn(ANSWERS, subject)) {
    const reply = { subject: `${subject}.response`, message_id, ...ANSWERS[subject](event.data) };
    event.source.postMessage(reply, event.origin);
  }
}

// Moodle answers nothing, so nothing listens there.
if ("storage" in frame.dataset) window.addEventListener("message", hear);
document.querySelector("[data-launch]").submit();
