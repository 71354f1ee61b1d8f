// Sends one file to the server.

import { gettext } from "#chat/language.js";
import { csrfToken } from "#chat/requests.js";

/** @import { AttachmentRow } from "#chat/protocol.js" */

/** What a person is told about a file that was not taken. */
export class UploadError extends Error {}

/**
 * @param {File} file
 * @param {string | null} conversation  null for one that has not begun
 * @param {{signal: AbortSignal, onProgress: (part: number) => void}} options  `part` from 0 to 1: how much has left
 * @returns {Promise<AttachmentRow>} rejects with `UploadError`; for what is aborted it stays open
 */
export function upload(file, conversation, { signal, onProgress }) {
  return new Promise((resolve, reject) => {
    // `fetch` does not tell how much of a body has left.
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append("conversation", conversation ?? "");
    form.append("file", file, file.name);
    request.open("POST", "/attachments/");
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    request.onerror = () => reject(new UploadError(notReached(file.name)));
    request.onload = () => {
      const answer = parsed(request.responseText);
      if (request.status === 201 && answer) resolve(answer);
      else reject(new UploadError(answer?.error ?? explained(request.status, file.name)));
    };
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/** @param {string} id  of a file that was not sent */
export async function takeBack(id) {
  const headers = { "X-CSRFToken": csrfToken() };
  // Should it not get through, the server clears it away after a day.
  await fetch(address(id), { method: "DELETE", headers, redirect: "manual" }).catch(() => null);
}

/**
 * @param {string | null} conversation
 * @returns {Promise<AttachmentRow[]>} what waits there to be sent; none when nobody can tell
 */
export async function readWaiting(conversation) {
  const query = new URLSearchParams({ conversation: conversation ?? "" });
  const response = await fetch(`/attachments/?${query}`, { redirect: "manual" }).catch(() => null);
  return response?.ok ? (await response.json()).attachments : [];
}

/**
 * @param {string} id
 * @param {"" | "text/" | "picture/"} [what]
 */
export function address(id, what = "") {
  return `/attachments/${encodeURIComponent(id)}/${what}`;
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    // A page: of a sign-in, or of a proxy that refuses.
    return null;
  }
}

/**
 * @param {number} status
 * @param {string} name
 */
function explained(status, name) {
  if (status === 413) return gettext("“{name}” was not attached: it is too large for this server.", { name });
  if (status === 200 || status === 403) {
    return gettext("“{name}” was not attached, as you are signed out. Reload this page to sign in again.", { name });
  }
  return notReached(name);
}

/** @param {string} name */
function notReached(name) {
  return gettext("“{name}” was not attached: the server could not be reached or had a fault. Try again.", { name });
}
