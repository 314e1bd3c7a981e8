// LTI platform storage (1EdTech lti-pm-s): keeps the login's secret with the platform where a cookie will not do.
// Platforms that never answer (the Canvas phone apps) must not keep anyone waiting: one second, then on.

const WAIT_MS = 1000;
const element = document.querySelector("[data-storage]");
const { target, origin, key, value } = element.dataset;

function storageFrame() {
  const platform = window.opener ?? window.parent;
  if (target === "_parent") return platform;
  return platform.frames[target] ?? platform;
}

function ask(message) {
  const id = crypto.randomUUID?.() ?? String(Math.random());
  return new Promise((resolve) => {
    const done = (answer) => {
      clearTimeout(timer);
      window.removeEventListener("message", hear);
      resolve(answer);
    };
    const hear = (event) => {
      if (event.origin !== origin || event.data?.message_id !== id) return;
      if (event.data.subject === `${message.subject}.response`) done(event.data);
    };
    const timer = setTimeout(() => done({}), WAIT_MS);
    window.addEventListener("message", hear);
    storageFrame().postMessage({ ...message, message_id: id }, origin);
  });
}

if (element.dataset.storage === "put") {
  await ask({ subject: "lti.put_data", key, value });
  location.replace(document.querySelector("[data-storage-next]").href);
} else {
  const answer = await ask({ subject: "lti.get_data", key });
  element.elements.storage_proof.value = answer.value ?? "";
  await ask({ subject: "lti.put_data", key, value: null });
  element.submit();
}
