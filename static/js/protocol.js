// The frames and rows of docs/protocol.md, as types. Nothing here runs.

/** @typedef {"off" | "low" | "high" | "max"} Thinking */

/**
 * @typedef {object} Options  sampling settings; what is absent is left to the model
 * @property {number} [temperature]
 * @property {number} [top_p]
 * @property {number} [max_tokens]
 * @property {number} [frequency_penalty]
 * @property {number} [presence_penalty]
 * @property {string[]} [stop]
 * @property {boolean} [json_mode]
 */

/** @typedef {{model: string, thinking: Thinking, instructions: string, options: Options}} ChatSettings */
/** @typedef {{name: string, instructions: string, model: string, thinking: Thinking | "", options: Options}} PresetContent */
/** @typedef {PresetContent & {id: string, shared: boolean}} PresetRow */

/**
 * @typedef {object} ConversationRow
 * @property {string} id
 * @property {string} title  "" until there is one
 * @property {string} updated  ISO 8601, UTC
 * @property {string} created
 * @property {string | null} leaf  the last message of the selected branch
 * @property {string} model
 * @property {Thinking} thinking
 * @property {boolean} pinned
 * @property {boolean} archived
 * @property {string | null} folder
 * @property {string} [instructions]  rows of the list lack these two
 * @property {Options} [options]
 */

/** @typedef {{id: string, name: string}} Folder */

/** @typedef {"queued" | "running" | "complete" | "stopped" | "interrupted" | "failed"} Status */
/** @typedef {{code: string, message: string, retryable: boolean}} Failure */
/** @typedef {{prompt: number, cached: number, completion: number, reasoning: number, estimated: boolean}} Usage */
/** @typedef {{amount: string, currency: string, estimated: boolean, simulated: boolean}} Cost */

/**
 * What `generation.finished` and a message row both tell about the end.
 * @typedef {object} Ending
 * @property {Status} status
 * @property {string | null} finish_reason
 * @property {string | null} [served_by]  the upstream's name, when it was not the first one
 * @property {Failure | null} error
 * @property {Usage | null} usage
 * @property {Cost | null} cost
 * @property {number | null} duration_ms
 * @property {number | null} reasoning_ms
 */

/** @typedef {Ending & {attempt: number, seq: number, model: string, thinking: Thinking, options?: Options}} Generation */

/**
 * @typedef {object} AttachmentRow
 * @property {string} id
 * @property {string} name
 * @property {"text" | "pdf" | "word" | "sheet" | "image"} kind
 * @property {number} size  bytes
 * @property {number} tokens  about how many it adds to a prompt
 * @property {number} parts  pages or sheets
 * @property {number} width  of an image
 * @property {number} height
 */

/**
 * @typedef {object} MessageRow
 * @property {string} id
 * @property {string} conversation
 * @property {string | null} parent
 * @property {"user" | "assistant"} role
 * @property {string} text
 * @property {string} reasoning
 * @property {AttachmentRow[]} attachments
 * @property {string} created
 * @property {Generation | null} generation
 * @property {string[]} [alternatives]  in pages of a branch, where there are any: their ids, its own among them
 */

/**
 * A summary stands for all messages up to and with `message` in the prompts of every branch that contains it.
 * @typedef {{id: string, conversation: string, message: string, text: string, author: "model" | "person", version: number,
 *   created: string, changed: string}} SummaryRow
 */

/** @typedef {{type: "generation.queued", message: string, position: number}} QueuedFrame */
/** @typedef {{type: "generation.retrying", message: string, attempt: number, delay: number, text: string}} RetryingFrame */
/** @typedef {{type: "generation.snapshot", message: string, attempt: number, seq: number, reasoning: string, text: string}} SnapshotFrame */
/** @typedef {{type: "generation.delta", message: string, attempt: number, seq: number, reasoning?: string, text?: string}} DeltaFrame */
/** @typedef {Ending & {type: "generation.finished", message: string, attempt: number, seq: number, reasoning?: string, text?: string}} FinishedFrame */
/** @typedef {QueuedFrame | RetryingFrame | SnapshotFrame | DeltaFrame | FinishedFrame} GenerationFrame */

/** @typedef {{type: "ack", id: string, conversation?: string | null, message?: string | null, answer?: string | null}} AckFrame */
/** @typedef {{type: "error", id: string | null, code: string, message: string, retry_after: number | null, field?: string}} ErrorFrame */

/**
 * @typedef {GenerationFrame | AckFrame | ErrorFrame
 *   | {type: "hello", process: string, user: string}
 *   | {type: "conversation.changed", conversation: ConversationRow}
 *   | {type: "conversation.deleted", conversation: string}
 *   | {type: "conversations.deleted", conversations: string[]}
 *   | {type: "list.changed"}
 *   | {type: "preferences.changed", preferences: Preferences}
 *   | {type: "conversation.stale", conversation: string}
 *   | {type: "message.created", message: MessageRow}
 *   | {type: "summary.begun", conversation: string}
 *   | {type: "summary.changed", summary: SummaryRow}
 *   | {type: "summary.deleted", conversation: string, summary: string}
 *   | {type: "summary.ended", conversation: string, error: string | null}
 *   | {type: "draft.changed", conversation: string | null, version: number}
 *   | {type: "pong"}} ServerFrame
 */

/** @typedef {{type: "message.send", id: string, conversation: string | null, parent: string | null, text: string, model: string, thinking: Thinking, attachments?: string[], options?: Options, instructions?: string}} SendCommand */

/**
 * Commands with an id are answered by `ack` or `error` and are sent again until they are.
 * @typedef {SendCommand
 *   | {type: "message.edit", id: string, message: string, text: string, model: string, thinking: Thinking, options?: Options}
 *   | {type: "message.regenerate", id: string, message: string, model?: string, thinking?: Thinking, options?: Options}
 *   | {type: "message.continue", id: string, message: string}
 *   | {type: "conversation.select", id: string, conversation: string, leaf: string}
 *   | {type: "conversation.rename", id: string, conversation: string, title: string}
 *   | {type: "conversation.delete", id: string, conversation: string}} Command
 */

/**
 * @typedef {{type: "conversation.open", conversation: string, newest: string | null, seen: Record<string, [number, number]>}
 *   | {type: "conversation.close"}
 *   | {type: "generation.stop", message: string}
 *   | {type: "ping"}} Signal
 */

/** @typedef {{ignored: Record<string, string>, hints: Record<string, string>}} Effects  by setting, in words */
/** @typedef {{id: string, name: string, thinking: Thinking[], images: boolean, effects?: {plain: Effects, thinking: Effects}}} Model */

/**
 * @typedef {object} Preferences
 * @property {string} language  "" for what the browser asks for
 * @property {"" | "light" | "dark"} theme
 * @property {"enter" | "ctrl-enter"} send_key
 * @property {string} default_model  "" for the site's
 * @property {Thinking | ""} default_thinking
 */

/**
 * @typedef {object} Config  what the page carries in #chat-config
 * @property {{email: string, name: string, administrator: boolean}} user
 * @property {boolean} demo
 * @property {Model[]} models
 * @property {string} default_model  the person's, or the site's
 * @property {Thinking} default_thinking  likewise
 * @property {string} instructions  of the organization, before those of each chat; "" for none
 * @property {Preferences} preferences
 * @property {number} max_message_characters
 * @property {Record<string, Record<string, number>>} budgets  tokens that a prompt may have, by model and thinking level
 * @property {string} draft_key  what copies of drafts in the browser are sealed with
 * @property {{kinds: AttachmentRow["kind"][], megabytes: number, a_message: number}} attachments  kinds that may be
 *   attached, megabytes of one file, files of one message
 */

/** @typedef {{conversations: ConversationRow[], more: boolean}} ListPage */
/** @typedef {ListPage & {pinned: ConversationRow[], folders: Folder[]}} SidebarPage */
/**
 * The messages are the last ones of the selected branch, `newest` is the newest of the whole tree.
 * @typedef {{conversation: ConversationRow, messages: MessageRow[], newest?: string | null, summaries?: SummaryRow[]}} ConversationContent
 */

export {};
