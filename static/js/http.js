// What the page writes over HTTP.

import { SignedOutError } from "#chat/reader.js";

/** Bytes that a browser sends on behalf of a page that closes */
const MOST_KEPT_ALIVE = 60_000;

/**
 * @param {"POST" | "PUT" | "DELETE"} method
 * @param {string} address
 * @param {unknown} [content]  sent as JSON
 * @param {{keepalive?: boolean}} [options]  `keepalive`: goes out even when the page closes, if it is small enough
 * @returns {Promise<Response>} whatever its status. Rejects without a connection, and with `SignedOutError`
 */
export async function write(method, address, content, { keepalive = false } = {}) {
  const body = content === undefined ? null : JSON.stringify(content);
  const response = await fetch(address, {
    method,
    body,
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
    redirect: "manual",
    keepalive: keepalive && (body?.length ?? 0) * 3 < MOST_KEPT_ALIVE,
  });
  if (response.type === "opaqueredirect" || response.status === 401) throw new SignedOutError();
  return response;
}

function csrfToken() {
  const field = document.querySelector("[name=csrfmiddlewaretoken]");
  return field instanceof HTMLInputElement ? field.value : "";
}
