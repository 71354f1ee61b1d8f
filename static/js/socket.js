// The one websocket of a tab: reconnects, notices dead connections, and sends every command until it is answered.

/** @import { Command, ServerFrame, Signal } from "#chat/protocol.js" */

/** @typedef {"connecting" | "open" | "waiting" | "signed-out" | "other-person"} SocketState */

/**
 * @typedef {object} SocketOptions
 * @property {() => WebSocket} connect
 * @property {string} user  whose page this is. Sessions end, and others sign in with the same browser: nothing is sent
 *   to a connection of somebody else
 * @property {(isFirst: boolean) => void} greet  called on each new connection before waiting commands are sent again
 * @property {(frame: ServerFrame) => void} onFrame
 * @property {(state: SocketState) => void} onState
 * @property {() => number} [random]
 */

/** Milliseconds */
const FIRST_DELAY = 400;
const LONGEST_DELAY = 20_000;
const PING_AFTER = 25_000;
const PONG_WITHIN = 8_000;
const SIGNED_OUT = 4401;
const OPEN = 1;

/**
 * How long to wait before the next connection. Random, so that a restarted server is not met by all tabs at once.
 * @param {number} failures  connections that failed in a row, from 1
 * @param {number} random  from 0 to 1
 * @returns {number} milliseconds
 */
export function reconnectDelay(failures, random) {
  const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (failures - 1));
  return longest / 2 + (random * longest) / 2;
}

export class Socket {
  /** @type {SocketOptions} */
  #options;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {Map<string, Command>} sent or not, but not answered; in the order of their making */
  #unanswered = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #failures = 0;
  #wasOpen = false;
  /** @type {SocketState} */
  state = "connecting";

  /** @param {SocketOptions} options */
  constructor(options) {
    this.#options = options;
  }

  start() {
    clearTimeout(this.#timer);
    this.#setState("connecting");
    const socket = this.#options.connect();
    this.#socket = socket;
    // A connection that never opens and never fails counts as failed.
    this.#timer = setTimeout(() => this.#lost(socket, 0), PONG_WITHIN);
    socket.onmessage = (event) => socket === this.#socket && this.#receive(event.data);
    socket.onclose = (event) => this.#lost(socket, event.code);
  }

  /** Whether a command is still without an answer. */
  get isWaiting() {
    return this.#unanswered.size > 0;
  }

  /** @param {Command} command  sent now or as soon as there is a connection, and again until it is answered */
  send(command) {
    this.#unanswered.set(command.id, command);
    this.#write(command);
  }

  /** @param {Signal} signal  dropped without a connection */
  signal(signal) {
    this.#write(signal);
  }

  /** The network, the tab or the person came back: do not wait for timers. */
  wake() {
    if (this.state === "waiting" || this.state === "signed-out") this.start();
    else if (this.state === "open") this.#ping();
  }

  /** @param {string} user  whose connection it is */
  #opened(user) {
    if (user !== this.#options.user) return this.#end("other-person");
    this.#failures = 0;
    this.#setState("open");
    this.#options.greet(!this.#wasOpen);
    this.#wasOpen = true;
    for (const command of this.#unanswered.values()) this.#write(command);
  }

  /** @param {string} data */
  #receive(data) {
    /** @type {ServerFrame} */
    const frame = JSON.parse(data);
    this.#listen();
    if (frame.type === "error" && frame.id && frame.retry_after !== null) return this.#sendAgain(frame.id, frame.retry_after);
    if ((frame.type === "ack" || frame.type === "error") && frame.id) this.#unanswered.delete(frame.id);
    if (frame.type === "hello") this.#opened(frame.user);
    else this.#options.onFrame(frame);
  }

  /**
   * The server could not do it now, and nothing is wrong with the command: it waits as without a connection.
   * @param {string} id
   * @param {number} seconds
   */
  #sendAgain(id, seconds) {
    setTimeout(() => {
      const command = this.#unanswered.get(id);
      if (command) this.#write(command);
    }, seconds * 1000);
  }

  /** Silence for a while is asked for a sign of life. */
  #listen() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ping(), PING_AFTER);
  }

  #ping() {
    const socket = this.#socket;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => socket && this.#lost(socket, 0), PONG_WITHIN);
    this.#write({ type: "ping" });
  }

  /**
   * @param {WebSocket} socket
   * @param {number} code
   */
  #lost(socket, code) {
    if (socket !== this.#socket) return;
    if (code === SIGNED_OUT) return this.#end("signed-out");
    this.#drop();
    this.#failures += 1;
    const random = this.#options.random ?? Math.random;
    this.#timer = setTimeout(() => this.start(), reconnectDelay(this.#failures, random()));
    this.#setState("waiting");
  }

  /** @param {"signed-out" | "other-person"} state  in which connecting again is of no use */
  #end(state) {
    this.#drop();
    this.#setState(state);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    clearTimeout(this.#timer);
    socket?.close();
  }

  /** @param {Command | Signal} message */
  #write(message) {
    if (this.#socket?.readyState === OPEN && this.state === "open") this.#socket.send(JSON.stringify(message));
  }

  /** @param {SocketState} state */
  #setState(state) {
    if (state === this.state) return;
    this.state = state;
    this.#options.onState(state);
  }
}
