// Made by bin/translate.
export const language = "zh-Hans";
export const pluralForms = ["other"];
/** @type {Record<string, string | string[]>} */
export const texts = {
 "A formula.": "一个公式。",
 "A later summary, further down, has taken the place of this one.": "下方较新的摘要已取代此摘要。",
 "A message can have {most} files. The others were left out.": "一条消息最多 {most} 个文件。其余已忽略。",
 "About {tokens} tokens with the chat so far, about {cost} before the answer (simulated: nothing is charged).": "连同此前的对话约 {tokens} 个 token，回答前约 {cost}（模拟：不收费）。",
 "About {tokens} tokens with the chat so far, about {cost} before the answer.": "连同此前的对话约 {tokens} 个 token，回答前约 {cost}。",
 "About {tokens} tokens with the chat so far.": "连同此前的对话约 {tokens} 个 token。",
 "About {tokens} tokens, and {budget} fit. It may be refused; nothing is lost then.": "约 {tokens} 个 token，上限为 {budget}。可能会被拒绝，但不会丢失任何内容。",
 "An answer is being written. Wait for its end, or stop it first.": "正在生成回答。请等待其结束，或先停止它。",
 "Answer complete.": "回答完成。",
 "Answered by": "回答者",
 "Archive": "归档",
 "Attached {name}.": "已附上 {name}。",
 "Back to the list": "返回列表",
 "Chat archived.": [
  "已归档 {n} 个对话。"
 ],
 "Chat deleted.": [
  "已删除 {n} 个对话。"
 ],
 "Chat settings": "对话设置",
 "Chat settings (changed)": "对话设置（已更改）",
 "Chat {number} ({title}): {reason}": "对话 {number}（{title}）：{reason}",
 "Choose a preset": "选择预设",
 "Connection lost. Reconnecting… What you write is kept and sent afterwards.": "连接已断开，正在重新连接… 您写的内容会保留，并在恢复后发送。",
 "Continue here": "在此继续",
 "Copied": "已复制",
 "Copied.": "已复制。",
 "Copy the last answer": "复制最后一个回答",
 "Cost": "费用",
 "Delete the preset “{name}”? Chats that use it keep their settings.": "删除预设“{name}”？使用它的对话会保留其设置。",
 "Diagram: {text}": "图表：{text}",
 "Download {name}": "下载 {name}",
 "Drawing diagrams": "正在绘制图表",
 "Drawing it took too long.": "绘制时间过长。",
 "Earlier messages could not be loaded. Check your connection and try again.": "无法加载较早的消息。请检查网络连接后重试。",
 "Earlier summary": "较早的摘要",
 "End": "结束方式",
 "Failed.": "失败。",
 "From here on the model reads this in place of the messages above. They stay here for you.": "从这里起，模型将阅读此摘要来代替以上消息。消息仍为您保留在此。",
 "Importing {name}…": "正在导入 {name}…",
 "Interrupted by a failure.": "因故障中断。",
 "It was too late: the chat is gone.": [
  "太迟了：{n} 个对话已消失。"
 ],
 "Last 30 days": "最近 30 天",
 "Last 7 days": "最近 7 天",
 "Loading…": "正在加载…",
 "Model": "模型",
 "More than {tokens} tokens with the chat so far.": "连同此前的对话超过 {tokens} 个 token。",
 "My presets": "我的预设",
 "New chat": "新对话",
 "New folder": "新建文件夹",
 "New folder…": "新建文件夹…",
 "Next chat": "下一个对话",
 "Next in line": "下一个就轮到您",
 "No chat was imported.": "没有导入任何对话。",
 "No folder": "无文件夹",
 "No title has these words.": "没有标题包含这些词。",
 "Not connected. You can write on; what you send goes out later.": "未连接。您可以继续书写，发送的内容稍后会发出。",
 "Not sent yet. It goes out as soon as the connection is back.": "尚未发送。连接恢复后会自动发出。",
 "Nothing is archived.": "没有归档内容。",
 "Older messages are being summarized…": "正在概括较早的消息…",
 "One message waits for the connection.": [
  "{n} 条消息正在等待连接。"
 ],
 "Parts of this page have not come yet: menus and search do nothing until they have. They are fetched again by themselves.": "此页面的部分内容尚未加载：在此之前菜单和搜索不会有反应。它们会自动重新获取。",
 "Pin": "置顶",
 "Pinned": "已置顶",
 "Previous chat": "上一个对话",
 "Read": "读取",
 "Reconnect now": "立即重连",
 "Remove {name}": "移除 {name}",
 "Rename folder": "重命名文件夹",
 "Saved.": "已保存。",
 "Search chats": "搜索对话",
 "Shared with everybody": "与所有人共享",
 "Shift": "Shift",
 "Show as text": "显示为文本",
 "Show foldable": "以可折叠方式显示",
 "Show more": "显示更多",
 "Show or hide the sidebar": "显示或隐藏侧边栏",
 "Sign in again in a new tab": "在新标签页中重新登录",
 "Stop the answer": "停止回答",
 "Stopped by you.": "已由您停止。",
 "Summarize older messages and send": "概括较早的消息并发送",
 "Summary of the messages above": "以上消息的摘要",
 "Summary of the messages above, in your words": "以上消息的摘要（由您改写）",
 "Text of the file": "文件文本",
 "That could not be saved. Check your connection and try again.": "无法保存。请检查网络连接后重试。",
 "That did not work. Nothing was changed; check your connection and try again.": "操作失败。没有任何更改；请检查网络连接后重试。",
 "That did not work. Nothing was deleted; try again.": "操作失败。没有删除任何内容；请重试。",
 "That did not work. Try again at once: there are only seconds left.": "操作失败。请立即重试：只剩几秒钟。",
 "The answer could not be written. Your message is kept.": "无法生成回答。您的消息已保留。",
 "The answer failed.": "回答失败。",
 "The answer reached its maximum length and stops here. Continue it to get the rest.": "回答已达到最大长度，到此为止。点击“继续”以获取其余部分。",
 "The assistant is writing.": "助手正在书写。",
 "The browser did not let this page copy. Select the text and copy it by hand.": "浏览器不允许此页面复制。请选中文本手动复制。",
 "The draft of a new chat was left out: there is another one here.": "新对话的草稿未导入：此处已有另一份草稿。",
 "The earlier messages of this chat are being loaded…": "正在加载此对话较早的消息…",
 "The figures are estimates: exact ones never arrived.": "数据为估算值：未收到精确数据。",
 "The import was cut off. What had come in stays; choose the file again for the rest.": "导入被中断。已导入的内容会保留；请再次选择文件以导入其余部分。",
 "The longest length of an answer was reached.": "已达到回答的最大长度。",
 "The model asked for a tool.": "模型请求了一个工具。",
 "The model had said all it wanted to.": "模型已说完想说的内容。",
 "The preset was deleted.": "预设已删除。",
 "The preset was saved.": "预设已保存。",
 "The provider gave a reason of its own: {reason}.": "提供商给出了自己的原因：{reason}。",
 "The provider ran out of capacity and ended this answer early. Try again for a complete one.": "提供商容量不足，提前结束了此回答。请重试以获得完整回答。",
 "The provider ran out of capacity.": "提供商容量不足。",
 "The provider’s content filter ended it.": "提供商的内容过滤器终止了它。",
 "The provider’s content filter ended this answer. Putting the question differently may help.": "提供商的内容过滤器终止了此回答。换一种问法也许有帮助。",
 "The search did not work. Check your connection and try again.": "搜索失败。请检查网络连接后重试。",
 "The server was interrupted while writing this answer. What was written is kept.": "服务器在写此回答时被中断。已写出的内容已保留。",
 "The summary is done.": "摘要已完成。",
 "The theme could not be saved: it holds for this page.": "无法保存外观设置：仅对此页面生效。",
 "There are more. Add a word to narrow it down.": "还有更多结果。请再加一个词缩小范围。",
 "There are none yet": "还没有",
 "There is nothing left to summarize here. Shorten the message, or start a new chat.": "这里已没有可概括的内容。请缩短消息或新建对话。",
 "Think": "思考",
 "Think a little": "略加思考",
 "Think hard": "深入思考",
 "Thinking for {time}…": "已思考 {time}…",
 "Thinking off": "不思考",
 "Thinking…": "正在思考…",
 "This answer was stopped here.": "此回答在这里被停止。",
 "This chat could not be loaded. Check your connection and choose it again.": "无法加载此对话。请检查网络连接后重新选择。",
 "This chat is not there. It may have been deleted.": "此对话不存在，可能已被删除。",
 "This chat was deleted.": "此对话已删除。",
 "This could not be done. Check your connection and try again; nothing was changed.": "操作未完成。请检查网络连接后重试；没有任何更改。",
 "This could not be fetched from the server. Check your connection and try again; nothing is lost.": "无法从服务器获取此部分。请检查网络连接后重试；内容不会丢失。",
 "This could not be saved. Check your connection and try again.": "无法保存。请检查网络连接后重试。",
 "This could not be saved. Check your connection and try again; nothing that you wrote is lost.": "无法保存。请检查网络连接后重试；您写的内容没有丢失。",
 "This diagram could not be drawn; its source is shown.": "无法绘制此图表；已显示其源代码。",
 "This file could not be loaded. Check your connection and try again.": "无法加载此文件。请检查网络连接后重试。",
 "This folder is empty.": "此文件夹为空。",
 "This is larger than the server takes. Nothing was changed.": "内容超过服务器允许的大小。没有任何更改。",
 "This list": "此列表",
 "This version could not be loaded. Check your connection and try again.": "无法加载此版本。请检查网络连接后重试。",
 "Thought": "已思考",
 "Thought for {time}": "思考了 {time}",
 "Time": "用时",
 "Today": "今天",
 "Unpin": "取消置顶",
 "Untitled chat": "无标题对话",
 "Uploading…": "正在上传…",
 "Version {number} of {total}": "版本 {number} / {total}",
 "Wait for the answer, or stop it, before you send.": "请等待回答完成或停止后再发送。",
 "Wait until the files are uploaded.": "请等待文件上传完成。",
 "Waiting for a free place. Your message is next.": "正在等待空位。下一个就是您的消息。",
 "Waiting for a free place. {count} before you.": "正在等待空位。您前面还有 {count} 个。",
 "Waiting for the answer": "正在等待回答",
 "When": "时间",
 "Write a message": "写消息",
 "Written": "生成",
 "Yesterday": "昨天",
 "You are signed out. Reload this page to sign in again.": "您已退出登录。请刷新此页面重新登录。",
 "You are signed out. What you wrote stays on this page.": "您已退出登录。您写的内容仍保留在此页面上。",
 "Your chats will be listed here.": "您的对话会显示在这里。",
 "about {count} tokens": "约 {count} 个 token",
 "about {price}": "约 {price}",
 "text": "文本",
 "untitled": "无标题",
 "{count} tokens": "{count} 个 token",
 "{excess} characters too many ({limit} at most)": "超出 {excess} 个字符（最多 {limit} 个）",
 "{minutes} min": "{minutes} 分钟",
 "{minutes} min {seconds} s": "{minutes} 分 {seconds} 秒",
 "{model} cannot see images. Choose another model, or remove them.": "{model} 无法查看图片。请选择其他模型，或移除图片。",
 "{model}, thinking": "{model}，思考",
 "{model}, thinking a little": "{model}，略加思考",
 "{model}, thinking as hard as it can": "{model}，最深入思考",
 "{number} s": "{number} 秒",
 "{n} attached file was left out: it is not in the export, or cannot be attached here.": [
  "有 {n} 个附件未导入：导出文件中没有它们，或此处不允许附加。"
 ],
 "{n} chat could not be read:": [
  "{n} 个对话无法读取："
 ],
 "{n} chat deleted.": [
  "已删除 {n} 个对话。"
 ],
 "{n} chat found": [
  "找到 {n} 个对话"
 ],
 "{n} chat imported, with {messages} messages.": [
  "已导入 {n} 个对话，共 {messages} 条消息。"
 ],
 "{n} chat is back.": [
  "{n} 个对话已恢复。"
 ],
 "{n} chat was here already.": [
  "{n} 个对话已存在。"
 ],
 "{n} entry": [
  "{n} 项"
 ],
 "{n} field": [
  "{n} 个字段"
 ],
 "{n} more": [
  "还有 {n} 项"
 ],
 "{n} page": [
  "{n} 页"
 ],
 "{n} preset imported.": [
  "已导入 {n} 个预设。"
 ],
 "{n} preset was left out: it is not valid here, or there is no room for more.": [
  "有 {n} 个预设未导入：在此处无效，或已没有空间。"
 ],
 "{n} selected": [
  "已选 {n} 个"
 ],
 "{n} sheet": [
  "{n} 个工作表"
 ],
 "{place} in line": "排在第 {place} 位",
 "{price} (simulated)": "{price}（模拟）",
 "{seconds} s": "{seconds} 秒",
 "{time}, {thinking} of it thinking": "{time}，其中思考 {thinking}",
 "{tokens}, all of them new": "{tokens}，全部为新内容",
 "{tokens}, {reasoning} of them thinking": "{tokens}，其中思考 {reasoning}",
 "{tokens}: {cached} known from before, {fresh} new": "{tokens}：{cached} 来自缓存，{fresh} 为新内容",
 "“{name}” was not attached, as you are signed out. Reload this page to sign in again.": "未附上“{name}”，因为您已退出登录。请刷新此页面重新登录。",
 "“{name}” was not attached: it is larger than {most} MB.": "未附上“{name}”：文件大于 {most} MB。",
 "“{name}” was not attached: it is too large for this server.": "未附上“{name}”：文件对此服务器来说过大。",
 "“{name}” was not attached: the server could not be reached or had a fault. Try again.": "未附上“{name}”：无法连接服务器或服务器出现故障。请重试。",
 "≈ {tokens} token": [
  "≈ {tokens} 个 token"
 ]
};
