// LTI platform storage with the limits of Canvas: 4096 characters and 500 keys for a tool.
// The LMS page and its frame for storage both answer with this; what is kept, they share.

export const SUBJECTS = ["lti.get_data", "lti.put_data"];

/** The members of the answer, or undefined where this LMS says nothing. `mode` is ok, full or silent. */
export function answer(message, toolOrigin, mode) {
  if (mode === "silent" || !SUBJECTS.includes(message.subject)) return undefined;
  if (typeof message.key !== "string" || message.key === "") return refusal("bad_request", "key is missing");
  const shelf = `lti-storage ${toolOrigin}`;
  return message.subject === "lti.put_data" ? put(shelf, message, mode) : get(shelf, message);
}

function refusal(code, message) {
  return { error: { code, message } };
}

function stored(shelf) {
  return JSON.parse(sessionStorage.getItem(shelf) ?? "{}");
}

function get(shelf, { key }) {
  return { key, value: stored(shelf)[key] ?? null };
}

function put(shelf, { key, value }, mode) {
  const all = stored(shelf);
  if (value === null || value === undefined) {
    delete all[key];
  } else {
    all[key] = String(value);
  }
  const length = Object.entries(all).reduce((sum, [name, text]) => sum + name.length + text.length, 0);
  if (Object.keys(all).length > 500) return refusal("storage_exhaustion", "Reached key limit for tool");
  if (length > 4096 || mode === "full") return refusal("storage_exhaustion", "Reached byte limit for tool");
  sessionStorage.setItem(shelf, JSON.stringify(all));
  return { key, value };
}
