// Talking with the LMS around our frame by postMessage (LTI client-side messages; Canvas lti_window_post_message).
// Many LMSs answer nothing, and phone apps neither: nobody waits longer than a second, and nothing depends on an answer.

const WAIT_MS = 1000;
const around = window.parent === window ? null : window.parent;
let supported = new Set();

/**
 * The origin of the page around us: the browser's own word where it gives it, else what the launch said. The policy of our
 * pages lets nobody but the platform frame them.
 */
function origin() {
  const named = location.ancestorOrigins?.[0] ?? document.getElementById("page")?.dataset.platform;
  return named && named !== "null" ? named : "";
}

/** Say something that needs no answer, if the LMS has said that it understands it. */
export function tell(subject, members = {}) {
  if (supported.has(subject)) around.postMessage({ subject, ...members }, origin());
}

export function supports(subject) {
  return supported.has(subject);
}

/** Ask something; resolves to the answer, or to null where none comes, or none but an error. */
export function ask(subject, members = {}) {
  const expected = origin();
  if (!around || !expected) return Promise.resolve(null);
  const id = crypto.randomUUID?.() ?? String(Math.random());
  return new Promise((resolve) => {
    const done = (answer) => {
      clearTimeout(timer);
      window.removeEventListener("message", hear);
      resolve(answer);
    };
    const hear = ({ source, origin, data }) => {
      if (source !== around || origin !== expected || data?.message_id !== id) return;
      if (data.subject === `${subject}.response`) done(data.error ? null : data);
    };
    const timer = setTimeout(() => done(null), WAIT_MS);
    window.addEventListener("message", hear);
    around.postMessage({ subject, message_id: id, ...members }, expected);
  });
}

/** Ask the LMS what it understands; resolves to false where it cannot be asked yet, or says nothing for a second. */
export async function greet() {
  const answer = await ask("lti.capabilities");
  const listed = Array.isArray(answer?.supported_messages) ? answer.supported_messages : [];
  supported = new Set(listed.map((message) => message?.subject).filter((subject) => typeof subject === "string"));
  return supported.size > 0;
}
