// What this device keeps by itself: taps until the server has them, and pages that can be opened without the network.
// Where the browser keeps nothing for us (some frames), the same for as long as the page is open.

const NAME = "bellringer";
const STORES = { taps: "sequence", pages: "key", about: "key" };

/** Resolves to the device, on disk or in memory: the same verbs. */
export const device = open().then(onDisk).catch(inMemory);

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1); // throws where storage is blocked
    request.onupgradeneeded = () => {
      for (const [store, keyPath] of Object.entries(STORES)) request.result.createObjectStore(store, { keyPath });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
}

async function onDisk(database) {
  // One transaction at a time may write, over all tabs: so the numbers of this device's taps are given out once each.
  const write = (stores, work) =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction(stores, "readwrite", { durability: "strict" });
      let result;
      transaction.oncomplete = () => resolve(result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
      work((store) => transaction.objectStore(store), (value) => (result = value));
    });
  const read = (store, range) =>
    new Promise((resolve, reject) => {
      const request = database.transaction(store).objectStore(store).getAll(range);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });

  const [known] = await read("about", "log");
  const log = known?.log ?? (await write(["about"], begin));

  // Two tabs may begin at once: the first one's log stays.
  function begin(store, give) {
    store("about").get("log").onsuccess = ({ target }) => {
      const found = target.result ?? { key: "log", log: crypto.randomUUID(), last: 0 };
      store("about").put(found);
      give(found.log);
    };
  }

  return {
    log,
    survivesReload: true,
    append: (tap) =>
      write(["about", "taps"], (store, give) => {
        store("about").get("log").onsuccess = ({ target }) => {
          const about = { ...target.result, last: target.result.last + 1 };
          store("about").put(about);
          store("taps").put({ ...tap, sequence: about.last });
          give(about.last);
        };
      }),
    remove: (numbers) => write(["taps"], (store) => numbers.forEach((number) => store("taps").delete(number))),
    taps: async (rater) => (await read("taps")).filter((tap) => tap.rater === rater),
    person: async () => (await read("about", "person"))[0]?.rater,
    setPerson: (rater) => write(["about"], (store) => store("about").put({ key: "person", rater })),
    keepPage: (page) => write(["pages"], (store) => store("pages").put({ ...page, key: `${page.path} ${page.rater}` })),
    page: async (path, rater) => (await read("pages", `${path} ${rater}`))[0],
    paths: async (rater) => (await read("pages")).filter((page) => page.rater === rater).map(({ path }) => path),
    forgetPagesBefore: async (time) => {
      const old = (await read("pages")).filter((page) => page.at < time);
      await write(["pages"], (store) => old.forEach((page) => store("pages").delete(page.key)));
    },
    forgetPage: (key) => write(["pages"], (store) => store("pages").delete(key)),
    forgetPages: () => write(["pages"], (store) => store("pages").clear()),
  };
}

function inMemory() {
  let last = 0;
  return {
    log: crypto.randomUUID(),
    survivesReload: false,
    append: async () => (last += 1),
    remove: async () => {},
    taps: async () => [],
    person: async () => undefined,
    setPerson: async () => {},
    keepPage: async () => {},
    page: async () => undefined,
    paths: async () => [],
    forgetPagesBefore: async () => {},
    forgetPage: async () => {},
    forgetPages: async () => {},
  };
}
