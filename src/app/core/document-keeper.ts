/** Keeps documents in the browser, so that what is typed offline survives a reload; one record per document, replaced as a whole. */

import * as Y from "yjs";

export interface KeptDocument {
  /** The server's generation of the document that this belongs to. */
  generation: string;
  /** Yjs state as an update. */
  state: Uint8Array;
  /** The text when the server last had all of it: what a rebase by difference starts from. */
  base: string;
  /** Is something in it that the server has not yet taken? */
  unsent: boolean;
}

export interface DocumentKeeper {
  load(key: string): Promise<KeptDocument | undefined>;
  /** Replaces the record; one of the same generation is merged in, since another window may have written it. */
  save(key: string, kept: KeptDocument): Promise<void>;
  /** Forgets a document. */
  remove(key: string): Promise<void>;
  /** The keys of the documents, of those that begin so, of which the server lacks something. */
  unsent(prefix: string): Promise<string[]>;
}

/** What another window wrote for the same generation is not lost. */
function mergeKept(before: KeptDocument | undefined, kept: KeptDocument): KeptDocument {
  if (before === undefined || before.generation !== kept.generation) return kept;
  return { ...kept, state: Y.mergeUpdates([before.state, kept.state]) };
}

/** A keeper that forgets with the page, where the browser allows no storage. */
export function memoryKeeper(): DocumentKeeper {
  const records = new Map<string, KeptDocument>();
  return {
    load: async (key) => records.get(key),
    save: async (key, kept) => void records.set(key, mergeKept(records.get(key), kept)),
    remove: async (key) => void records.delete(key),
    unsent: async (prefix) =>
      [...records].filter(([key, { unsent }]) => unsent && key.startsWith(prefix)).map(([key]) => key),
  };
}

const STORE = "documents";
/** Begins the keys of the marks that stand beside unsent documents, so that these are found without reading all. */
const UNSENT = "unsent/";

/** A keeper in IndexedDB; falls back to memory where that is refused (a private window, for instance). */
export function browserKeeper(name: string): DocumentKeeper {
  const memory = memoryKeeper();
  let opened: Promise<IDBDatabase> | undefined;
  const open = () => {
    opened ??= openDatabase(name);
    return opened;
  };
  return {
    async load(key) {
      try {
        return await read(await open(), key);
      } catch {
        return memory.load(key); // no storage: the page alone remembers
      }
    },
    async save(key, kept) {
      try {
        await write(await open(), key, kept);
      } catch {
        await memory.save(key, kept);
      }
    },
    async remove(key) {
      await memory.remove(key);
      await open()
        .then((database) => forget(database, key))
        .catch(() => {}); // no storage: nothing is there
    },
    async unsent(prefix) {
      const kept = await open()
        .then((database) => readUnsent(database, prefix))
        .catch(() => []);
      return [...kept, ...(await memory.unsent(prefix))];
    },
  };
}

function openDatabase(name: string): Promise<IDBDatabase> {
  const { promise, resolve, reject } = Promise.withResolvers<IDBDatabase>();
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => void request.result.createObjectStore(STORE);
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
  return promise;
}

function read(database: IDBDatabase, key: string): Promise<KeptDocument | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<KeptDocument | undefined>();
  const request = database.transaction(STORE).objectStore(STORE).get(key);
  request.onsuccess = () => resolve(request.result as KeptDocument | undefined); // written by `write` below
  request.onerror = () => reject(request.error);
  return promise;
}

function forget(database: IDBDatabase, key: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const transaction = database.transaction(STORE, "readwrite");
  const store = transaction.objectStore(STORE);
  store.delete(key);
  store.delete(UNSENT + key);
  transaction.oncomplete = () => resolve();
  transaction.onabort = () => reject(transaction.error);
  return promise;
}

function readUnsent(database: IDBDatabase, prefix: string): Promise<string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<string[]>();
  const found: string[] = [];
  const range = IDBKeyRange.bound(UNSENT + prefix, `${UNSENT}${prefix}\uffff`);
  const request = database.transaction(STORE).objectStore(STORE).openCursor(range);
  request.onsuccess = () => {
    const cursor = request.result;
    if (cursor === null) return resolve(found);
    found.push(String(cursor.key).slice(UNSENT.length));
    cursor.continue();
  };
  request.onerror = () => reject(request.error);
  return promise;
}

/** Reads and writes in one transaction, so that two windows do not undo each other. */
function write(database: IDBDatabase, key: string, kept: KeptDocument): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const transaction = database.transaction(STORE, "readwrite", { durability: "relaxed" });
  const store = transaction.objectStore(STORE);
  const before = store.get(key);
  before.onsuccess = () => {
    store.put(mergeKept(before.result as KeptDocument | undefined, kept), key); // as above
    if (kept.unsent) store.put(true, UNSENT + key);
    else store.delete(UNSENT + key);
  };
  transaction.oncomplete = () => resolve();
  transaction.onerror = () => reject(transaction.error);
  transaction.onabort = () => reject(transaction.error);
  return promise;
}
