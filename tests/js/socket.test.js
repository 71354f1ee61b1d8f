import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { reconnectDelay, Socket } from "#chat/socket.js";

/** @import { Command, ServerFrame } from "#chat/protocol.js" */

/** The network's edge: what the browser's WebSocket looks like from inside. */
class Line {
  /** @type {{type: string, id?: string}[]} */
  sent = [];
  readyState = 0;
  /** @type {(event: {data: string}) => void} */
  onmessage = () => {};
  /** @type {(event: {code: number}) => void} */
  onclose = () => {};

  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  /** @param {string} user */
  open(user = "ada@example.org") {
    this.readyState = 1;
    this.says({ type: "hello", process: "p", user });
  }

  /** @param {ServerFrame} frame */
  says(frame) {
    this.onmessage({ data: JSON.stringify(frame) + "   " });
  }

  /** @param {number} code */
  breaks(code = 1006) {
    this.readyState = 3;
    this.onclose({ code });
  }

  get types() {
    return this.sent.map(({ type }) => type);
  }
}

/** @type {Line[]} */
let lines;
/** @type {string[]} */
let states;
/** @type {ServerFrame[]} */
let frames;
/** @type {Socket} */
let socket;

const rename = (/** @type {string} */ id) =>
  /** @type {Command} */ ({ type: "conversation.rename", id, conversation: "c1", title: "T" });

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  [lines, states, frames] = [[], [], []];
  socket = new Socket({
    connect: () => {
      const line = new Line();
      lines.push(line);
      return /** @type {WebSocket} */ (/** @type {unknown} */ (line));
    },
    user: "ada@example.org",
    greet: () => socket.signal({ type: "conversation.close" }),
    onFrame: (frame) => frames.push(frame),
    onState: (state) => states.push(state),
    random: () => 1,
  });
  socket.start();
});

afterEach(() => mock.timers.reset());

test("what is sent before the connection is there goes out afterwards, once, behind the greeting", () => {
  socket.send(rename("1"));
  lines[0].open();
  assert.deepEqual(lines[0].types, ["conversation.close", "conversation.rename"]);
});

test("a command is sent again on each new connection until it is answered", () => {
  lines[0].open();
  socket.send(rename("1"));
  socket.send(rename("2"));
  lines[0].says({ type: "ack", id: "1" });
  lines[0].breaks();
  mock.timers.tick(400);
  lines[1].open();
  assert.deepEqual(lines[1].sent.map(({ id }) => id).filter(Boolean), ["2"]);
  lines[1].says({ type: "error", id: "2", code: "x", message: "No.", retry_after: null });
  assert.equal(socket.isWaiting, false);
  assert.deepEqual(frames.map(({ type }) => type), ["ack", "error"]);
});

test("an error that belongs to no command answers none", () => {
  lines[0].open();
  socket.send(rename("1"));
  lines[0].says({ type: "error", id: null, code: "x", message: "No.", retry_after: null });
  assert.equal(socket.isWaiting, true);
});

test("what the server could not do now is sent again after a while, and is no failure", () => {
  lines[0].open();
  socket.send(rename("1"));
  const before = lines[0].sent.length;
  lines[0].says({ type: "error", id: "1", code: "unavailable", message: "Wait.", retry_after: 2 });
  assert.deepEqual([socket.isWaiting, frames], [true, []]);
  mock.timers.tick(1_999);
  assert.equal(lines[0].sent.length, before);
  mock.timers.tick(1);
  assert.equal(lines[0].sent.length, before + 1);
  lines[0].says({ type: "ack", id: "1" });
  mock.timers.tick(10_000);
  assert.deepEqual([socket.isWaiting, lines[0].sent.length], [false, before + 1]);
});

test("the wait grows with each failure, and starts anew after a success", () => {
  for (const wait of [400, 800, 1600]) {
    lines.at(-1)?.breaks();
    const before = lines.length;
    mock.timers.tick(wait - 1);
    assert.equal(lines.length, before);
    mock.timers.tick(1);
    assert.equal(lines.length, before + 1);
  }
  lines.at(-1)?.open();
  lines.at(-1)?.breaks();
  const before = lines.length;
  mock.timers.tick(400);
  assert.equal(lines.length, before + 1);
});

test("waits are spread and bounded", () => {
  assert.equal(reconnectDelay(1, 0), 200);
  assert.equal(reconnectDelay(30, 1), 20_000);
});

test("silence is asked about, and a line that stays silent is given up", () => {
  lines[0].open();
  mock.timers.tick(25_000);
  assert.equal(lines[0].types.at(-1), "ping");
  lines[0].says({ type: "pong" });
  mock.timers.tick(25_000);
  mock.timers.tick(8_000);
  assert.equal(socket.state, "waiting");
  mock.timers.tick(400);
  assert.equal(lines.length, 2);
});

test("a line that was given up is not listened to", () => {
  lines[0].open();
  mock.timers.tick(25_000);
  mock.timers.tick(8_000);
  lines[0].says({ type: "pong" });
  lines[0].breaks();
  assert.deepEqual(frames, []);
  assert.equal(socket.state, "waiting");
});

test("signed out: no more attempts until the person asks for one", () => {
  lines[0].open();
  lines[0].breaks(4401);
  mock.timers.tick(100_000);
  assert.equal(lines.length, 1);
  assert.equal(states.at(-1), "signed-out");
  socket.wake();
  assert.equal(lines.length, 2);
});

test("nothing is sent to a connection of somebody else", () => {
  socket.send(rename("1"));
  lines[0].open("eve@example.org");
  mock.timers.tick(100_000);
  assert.deepEqual([lines.length, lines[0].sent, states.at(-1)], [1, [], "other-person"]);
});

test("waking up connects at once, and checks a connection that seems to be there", () => {
  lines[0].breaks();
  socket.wake();
  assert.equal(lines.length, 2);
  lines[1].open();
  socket.wake();
  assert.equal(lines[1].types.at(-1), "ping");
  mock.timers.tick(8_000);
  assert.equal(socket.state, "waiting");
});
