// Scripts that are fetched when they are needed, and again when they did not come.

/** Milliseconds between two tries to fetch what did not come */
const PAUSE = 3000;

/** @typedef {{coming: Promise<any> | null, sure: Promise<any> | null, failures: number}} State */

/** @type {Map<string, State>} by name */
const states = new Map();

/**
 * @template T
 * @param {string} name  as the page's import map has it
 * @param {() => Promise<T>} load  its first `import()`, written out for the tools that read what is imported
 * @returns {Promise<T>} rejected when it does not come now; the next call asks for it again
 */
export function script(name, load) {
  const state = stateOf(name);
  // Browsers of before autumn 2026 remember an address that failed for as long as the page is open.
  const address = `${import.meta.resolve(name)}?again=${state.failures}`;
  state.coming ??= (state.failures > 0 ? import(address) : load()).catch((error) => {
    state.coming = null;
    state.failures += 1;
    // Also a fault of its own, which a new try does not mend: it should be seen.
    console.error(error);
    throw error;
  });
  return state.coming;
}

/**
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} load
 * @returns {Promise<T>} fulfilled when it has come, however often it has to be asked for; as `script` otherwise
 */
export function scriptInTime(name, load) {
  const state = stateOf(name);
  state.sure ??= untilItComes(() => script(name, load));
  return state.sure;
}

/** @param {() => Promise<any>} ask */
async function untilItComes(ask) {
  for (;;) {
    try {
      return await ask();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}

/** @param {string} name */
function stateOf(name) {
  const state = states.get(name) ?? { coming: null, sure: null, failures: 0 };
  states.set(name, state);
  return state;
}
