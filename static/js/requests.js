// What the page writes over HTTP.

import { gettext } from "#chat/language.js";
import { SignedOutError } from "#chat/reader.js";

/** @typedef {"POST" | "PUT" | "PATCH" | "DELETE"} Method */

/** Bytes that a browser sends on behalf of a page that closes, of all its requests together: beyond, it sends nothing */
const MOST_KEPT_ALIVE = 60_000;
let keptAlive = 0;

/** A refusal; its message is for the person. */
export class RefusedError extends Error {}

/**
 * @param {Method} method
 * @param {string} address
 * @param {unknown} [content]  sent as JSON; a file is sent as it is
 * @returns {Promise<Response>} whatever its status. What is not too large goes out even when the page closes. Rejects
 *   without a connection, and with `SignedOutError`
 */
export async function write(method, address, content) {
  const isFile = content instanceof Blob;
  const json = isFile || content === undefined ? null : JSON.stringify(content);
  const size = (json?.length ?? 0) * 3;
  const keepalive = !isFile && keptAlive + size < MOST_KEPT_ALIVE;
  if (keepalive) keptAlive += size;
  const response = await fetch(address, {
    method,
    body: isFile ? content : json,
    headers: {
      Accept: "application/json",
      "Content-Type": isFile ? "application/octet-stream" : "application/json",
      "X-CSRFToken": csrfToken(),
    },
    redirect: "manual",
    keepalive,
  }).finally(() => {
    if (keepalive) keptAlive -= size;
  });
  if (response.type === "opaqueredirect" || response.status === 401) throw new SignedOutError();
  return response;
}

/**
 * @template T
 * @param {Method} method
 * @param {string} address
 * @param {object | Blob} [content]  JSON, or a file as it is
 * @returns {Promise<T>} what the server answers. Rejects with `RefusedError` for what it refuses in words
 */
export async function change(method, address, content = {}) {
  const response = await write(method, address, content);
  const answer = await response.json().catch(() => null);
  if (response.ok && answer) return answer;
  if (response.status === 413) throw new RefusedError(gettext("This is larger than the server takes. Nothing was changed."));
  if (answer?.error) throw new RefusedError(answer.error);
  throw new Error(`HTTP ${response.status}`);
}

/** @returns {string} what the server knows the page's requests by */
export function csrfToken() {
  const field = document.querySelector("[name=csrfmiddlewaretoken]");
  return field instanceof HTMLInputElement ? field.value : "";
}
