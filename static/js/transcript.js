// Folds frames into a shown message. Pure: the same frames in any order, with any repeated, never show wrong text;
// at worst they show that something is missing (`gap`), which a new `conversation.open` heals.

/** @import { MessageRow, Generation, GenerationFrame, SnapshotFrame, DeltaFrame, FinishedFrame, RetryingFrame } from "#chat/protocol.js" */

/** @typedef {{kind: "queued", position: number} | {kind: "retrying", text: string}} Waiting */

/**
 * A message row and how it is shown.
 * @typedef {MessageRow & {
 *   epoch: number,
 *   gap: boolean,
 *   waiting: Waiting | null,
 * }} ShownMessage
 *   `epoch` grows whenever text or reasoning were replaced and not just appended to;
 *   `gap`: a frame was missed, what is shown is right but not up to date;
 *   `waiting`: why no text comes at the moment.
 */

/**
 * @param {MessageRow} row
 * @returns {ShownMessage}
 */
export function shown(row) {
  return { ...row, epoch: 0, gap: false, waiting: null };
}

/** @param {Generation | null} generation */
export function isUnfinished(generation) {
  return generation?.status === "queued" || generation?.status === "running";
}

/**
 * @param {ShownMessage} message
 * @param {GenerationFrame} frame  of this very message
 * @returns {ShownMessage}  the same object when the frame changes nothing
 */
export function fold(message, frame) {
  const generation = message.generation;
  if (!generation) return message;
  switch (frame.type) {
    case "generation.queued":
      return isUnfinished(generation) ? { ...message, waiting: queuedAt(frame.position) } : message;
    case "generation.retrying":
      return foldRetrying(message, generation, frame);
    case "generation.snapshot":
      return foldSnapshot(message, generation, frame);
    case "generation.delta":
      return foldDelta(message, generation, frame);
    case "generation.finished":
      return foldFinished(message, generation, frame);
  }
}

/**
 * @param {number} position  0: its turn has come
 * @returns {Waiting | null}
 */
function queuedAt(position) {
  return position > 0 ? { kind: "queued", position } : null;
}

/**
 * A row that arrives again (another tab, a reconnect) never takes back what frames already brought.
 * @param {ShownMessage} message
 * @param {MessageRow} row
 * @returns {ShownMessage}
 */
export function merge(message, row) {
  const known = message.generation;
  const told = row.generation;
  if (!known || !told) return message;
  const newer = told.attempt > known.attempt || (told.attempt === known.attempt && told.seq > known.seq);
  const ended = isUnfinished(known) && !isUnfinished(told) && told.attempt >= known.attempt;
  if (!newer && !ended) return message;
  return replaced({ ...message, generation: told }, row.text, row.reasoning);
}

/**
 * @param {ShownMessage} message
 * @param {Generation} generation
 * @param {RetryingFrame} frame
 */
function foldRetrying(message, generation, frame) {
  if (!isUnfinished(generation) || frame.attempt < generation.attempt) return message;
  return { ...message, waiting: /** @type {Waiting} */ ({ kind: "retrying", text: frame.text }) };
}

/**
 * @param {ShownMessage} message
 * @param {Generation} generation
 * @param {SnapshotFrame} frame
 */
function foldSnapshot(message, generation, frame) {
  const sameAttempt = frame.attempt === generation.attempt;
  if (frame.attempt < generation.attempt) return message;
  if (sameAttempt && (!isUnfinished(generation) || frame.seq < generation.seq)) return message;
  const { attempt, seq } = frame;
  const running = { ...generation, status: /** @type {const} */ ("running"), attempt, seq };
  return replaced({ ...message, generation: running }, frame.text, frame.reasoning);
}

/**
 * @param {ShownMessage} message
 * @param {Generation} generation
 * @param {DeltaFrame} frame
 */
function foldDelta(message, generation, frame) {
  if (frame.attempt < generation.attempt) return message;
  if (frame.attempt === generation.attempt) {
    if (frame.seq <= generation.seq || !isUnfinished(generation)) return message;
    if (frame.seq === generation.seq + 1) return appended(message, generation, frame);
  }
  return withGap(message);
}

/**
 * @param {ShownMessage} message
 * @param {Generation} generation
 * @param {FinishedFrame} frame
 */
function foldFinished(message, generation, frame) {
  if (frame.attempt < generation.attempt) return message;
  const whole = frame.text !== undefined;
  const caughtUp = frame.attempt === generation.attempt && frame.seq <= generation.seq;
  if (!whole && !caughtUp) return withGap(message);
  if (!isUnfinished(generation) && frame.attempt === generation.attempt) return message;
  const { attempt, seq, status, finish_reason, error, usage, cost, duration_ms, reasoning_ms, served_by } = frame;
  const figures = { finish_reason, error, usage, cost, duration_ms, reasoning_ms, served_by: served_by ?? null };
  const end = { ...generation, attempt, seq, status, ...figures };
  const ended = { ...message, generation: end, gap: false, waiting: null };
  return whole ? replaced(ended, frame.text ?? "", frame.reasoning ?? message.reasoning) : ended;
}

/**
 * @param {ShownMessage} message
 * @param {Generation} generation
 * @param {DeltaFrame} frame
 * @returns {ShownMessage}
 */
function appended(message, generation, frame) {
  return {
    ...message,
    text: message.text + (frame.text ?? ""),
    reasoning: message.reasoning + (frame.reasoning ?? ""),
    generation: { ...generation, status: "running", seq: frame.seq },
    gap: false,
    waiting: null,
  };
}

/**
 * @param {ShownMessage} message
 * @param {string} text
 * @param {string} reasoning
 * @returns {ShownMessage}
 */
function replaced(message, text, reasoning) {
  const continues = text.startsWith(message.text) && reasoning.startsWith(message.reasoning);
  return { ...message, text, reasoning, gap: false, waiting: null, epoch: message.epoch + (continues ? 0 : 1) };
}

/** @param {ShownMessage} message */
function withGap(message) {
  return message.gap ? message : { ...message, gap: true };
}
