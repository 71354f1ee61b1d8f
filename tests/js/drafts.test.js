import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Drafts, NEW_CHAT } from "#chat/drafts.js";

/** @import { DraftRow } from "#chat/drafts.js" */

/** The server and the browser's storage, as a page meets them. */
class World {
  /** @type {Map<string, DraftRow>} */
  rows = new Map();
  /** @type {Map<string, string>} */
  copies = new Map();
  isOnline = true;
  writes = 0;

  /** @param {string} key */
  row(key) {
    return this.rows.get(key) ?? { conversation: key, text: "", version: 0 };
  }

  /** @param {string} key */
  async read(key) {
    if (!this.isOnline) throw new TypeError("Failed to fetch");
    return this.row(key);
  }

  /**
   * @param {string} key
   * @param {string} text
   * @param {number} version
   */
  async write(key, text, version) {
    if (!this.isOnline) throw new TypeError("Failed to fetch");
    this.writes += 1;
    const row = this.row(key);
    if (row.text === text) return { kind: /** @type {const} */ ("saved"), row };
    if (row.version !== version) return { kind: /** @type {const} */ ("outdated"), row };
    const written = { conversation: key, text, version: version + 1 };
    this.rows.set(key, written);
    return { kind: /** @type {const} */ ("saved"), row: written };
  }

  /**
   * @param {string} key
   * @param {string} text
   */
  keep(key, text) {
    this.copies.set(key, text);
  }

  /** @param {string} key */
  drop(key) {
    this.copies.delete(key);
  }
}

/** @type {World} */
let world;
/** @type {string[]} */
let changes;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  world = new World();
  changes = [];
});
afterEach(() => mock.timers.reset());

function page() {
  return new Drafts(world, (key) => changes.push(key));
}

/** @param {number} [milliseconds] */
async function wait(milliseconds = 1000) {
  mock.timers.tick(milliseconds);
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

test("a pause in typing saves once", async () => {
  const drafts = page();
  for (const text of ["a", "ab", "abc"]) drafts.type("c1", text);
  await wait();
  assert.equal(world.row("c1").text, "abc");
  assert.equal(world.writes, 1);
  assert.ok(!drafts.hasUnsaved);
});

test("what is typed while it is saved is saved next", async () => {
  const drafts = page();
  drafts.type("c1", "one");
  mock.timers.tick(700);
  drafts.type("c1", "one two");
  await wait(0);
  await wait();
  assert.equal(world.row("c1").text, "one two");
});

test("without a connection a copy stays in the browser until it is saved", async () => {
  const drafts = page();
  world.isOnline = false;
  drafts.type(NEW_CHAT, "on a train");
  await wait();
  assert.equal(world.copies.get(NEW_CHAT), "on a train");
  assert.ok(drafts.hasUnsaved);
  world.isOnline = true;
  drafts.flush();
  await wait(0);
  assert.equal(world.row(NEW_CHAT).text, "on a train");
  assert.equal(world.copies.size, 0);
});

test("a draft that was sent stays on the server until the message has arrived", async () => {
  const drafts = page();
  drafts.type("c1", "hello");
  await wait();
  drafts.hold("c1");
  await wait(10_000);
  assert.equal(drafts.get("c1").text, "");
  assert.equal(world.row("c1").text, "hello");
  drafts.release("c1");
  await wait(0);
  assert.equal(world.row("c1").text, "");
});

test("what was sent before it was saved has a copy in the browser until it has arrived", async () => {
  const drafts = page();
  drafts.type("c1", "quick");
  drafts.hold("c1");
  assert.equal(world.copies.get("c1"), "quick");
  drafts.release("c1");
  await wait(0);
  assert.equal(world.copies.size, 0);
  assert.equal(world.writes, 0);
});

test("the next message is typed while the one before is on its way", async () => {
  const drafts = page();
  drafts.type("c1", "first");
  await wait();
  drafts.hold("c1");
  drafts.type("c1", "second");
  await wait();
  drafts.release("c1");
  await wait();
  assert.equal(world.row("c1").text, "second");
});

test("a newer draft of another device appears where nothing else was typed", async () => {
  const [here, there] = [page(), page()];
  here.get("c1");
  there.type("c1", "from the phone");
  await wait();
  await here.hear("c1", 1);
  assert.equal(here.get("c1").text, "from the phone");
  assert.ok(changes.includes("c1"));
});

test("an older tab does not overwrite a newer draft; the person decides", async () => {
  for (const [choice, expected] of /** @type {const} */ ([["here", "older"], ["newer", "newer"]])) {
    world = new World();
    const [older, newer] = [page(), page()];
    older.get("c1");
    newer.type("c1", "newer");
    await wait();
    older.type("c1", "older");
    await wait();
    assert.equal(world.row("c1").text, "newer");
    assert.equal(older.get("c1").newer?.text, "newer");
    assert.equal(older.get("c1").text, "older");
    older.resolve("c1", choice);
    await wait();
    assert.equal(world.row("c1").text, expected);
    assert.equal(older.get("c1").text, expected);
    assert.equal(older.get("c1").newer, null);
  }
});

test("sending from one tab leaves what another one wrote meanwhile", async () => {
  const [sender, writer] = [page(), page()];
  sender.type("c1", "sent");
  await wait();
  await writer.hear("c1", 1);
  sender.hold("c1");
  writer.get("c1");
  writer.learn("c1", world.row("c1"));
  writer.type("c1", "a long thought of another tab");
  await wait();
  sender.release("c1");
  await wait();
  assert.equal(world.row("c1").text, "a long thought of another tab");
  assert.equal(sender.get("c1").text, "a long thought of another tab");
});

test("a stored draft that is no newer changes nothing", () => {
  const drafts = page();
  drafts.learn("c1", { conversation: "c1", text: "stored", version: 3 });
  drafts.type("c1", "typed");
  drafts.learn("c1", { conversation: "c1", text: "stored", version: 3 });
  assert.equal(drafts.get("c1").text, "typed");
  assert.equal(drafts.get("c1").newer, null);
});
