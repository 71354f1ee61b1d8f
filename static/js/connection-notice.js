// Tells that the connection is lost, or that the person was signed out, and what becomes of what they wrote.

import { byId } from "#chat/elements.js";
import { gettext } from "#chat/language.js";

/** @import { SocketState } from "#chat/socket.js" */

/** Milliseconds; most losses are over before anybody would read about them. */
const PATIENCE = 1200;

export class ConnectionNotice {
  #element = byId("connection", HTMLElement);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {SocketState} state */
  show(state) {
    if (state === "open") return this.#hide();
    if (state === "signed-out") {
      clearTimeout(this.#timer);
      const text = gettext("You are signed out. What you wrote stays on this page.");
      return this.#write(text, signInLink(), button(gettext("Continue here")));
    }
    // "connecting" and "waiting" alternate; the notice stays through both.
    this.#timer ??= setTimeout(() => {
      const text = gettext("Connection lost. Reconnecting… What you write is kept and sent afterwards.");
      this.#write(text, button(gettext("Reconnect now")));
    }, PATIENCE);
  }

  #hide() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#element.hidden = true;
    this.#element.replaceChildren();
  }

  /**
   * @param {string} text
   * @param {HTMLElement[]} actions
   */
  #write(text, ...actions) {
    this.#element.hidden = false;
    this.#element.replaceChildren(text, ...actions);
  }
}

function signInLink() {
  const link = document.createElement("a");
  link.href = "/accounts/login/";
  link.target = "_blank";
  link.textContent = gettext("Sign in again in a new tab");
  return link;
}

/** @param {string} text */
function button(text) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "button";
  element.dataset.action = "reconnect";
  element.textContent = text;
  return element;
}
