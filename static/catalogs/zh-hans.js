// Made by bin/translate.
export const language = "zh-Hans";
export const pluralForms = ["other"];
/** @type {Record<string, string | string[]>} */
export const texts = {
 "A message can have {most} files. The others were left out.": "一条消息最多 {most} 个文件。其余已忽略。",
 "An answer is being written. Wait for its end, or stop it first.": "正在生成回答。请等待其结束，或先停止它。",
 "Attached {name}.": "已附上 {name}。",
 "Chat settings": "对话设置",
 "Chat settings (changed)": "对话设置（已更改）",
 "Choose a preset": "选择预设",
 "Connection lost. Reconnecting… What you write is kept and sent afterwards.": "连接已断开，正在重新连接… 您写的内容会保留，并在恢复后发送。",
 "Continue here": "在此继续",
 "Copied": "已复制",
 "Copied.": "已复制。",
 "Copy the last answer": "复制最后一个回答",
 "Delete the preset “{name}”? Chats that use it keep their settings.": "删除预设“{name}”？使用它的对话会保留其设置。",
 "Download {name}": "下载 {name}",
 "Last 30 days": "最近 30 天",
 "Last 7 days": "最近 7 天",
 "Loading…": "正在加载…",
 "My presets": "我的预设",
 "New chat": "新对话",
 "Next chat": "下一个对话",
 "Not sent yet. It goes out as soon as the connection is back.": "尚未发送。连接恢复后会自动发出。",
 "Previous chat": "上一个对话",
 "Reconnect now": "立即重连",
 "Remove {name}": "移除 {name}",
 "Search chats": "搜索对话",
 "Shared with everybody": "与所有人共享",
 "Shift": "Shift",
 "Show as text": "显示为文本",
 "Show foldable": "以可折叠方式显示",
 "Show more": "显示更多",
 "Show or hide the sidebar": "显示或隐藏侧边栏",
 "Sign in again in a new tab": "在新标签页中重新登录",
 "Stop the answer": "停止回答",
 "Text of the file": "文件文本",
 "The browser did not let this page copy. Select the text and copy it by hand.": "浏览器不允许此页面复制。请选中文本手动复制。",
 "The preset was deleted.": "预设已删除。",
 "The preset was saved.": "预设已保存。",
 "There are none yet": "还没有",
 "Think": "思考",
 "Think a little": "略加思考",
 "Think hard": "深入思考",
 "Thinking off": "不思考",
 "This chat could not be loaded. Check your connection and choose it again.": "无法加载此对话。请检查网络连接后重新选择。",
 "This chat is not there. It may have been deleted.": "此对话不存在，可能已被删除。",
 "This could not be saved. Check your connection and try again.": "无法保存。请检查网络连接后重试。",
 "This could not be saved. Check your connection and try again; nothing that you wrote is lost.": "无法保存。请检查网络连接后重试；您写的内容没有丢失。",
 "This file could not be loaded. Check your connection and try again.": "无法加载此文件。请检查网络连接后重试。",
 "This list": "此列表",
 "Today": "今天",
 "Untitled chat": "无标题对话",
 "Uploading…": "正在上传…",
 "Version {number} of {total}": "版本 {number} / {total}",
 "Wait for the answer, or stop it, before you send.": "请等待回答完成或停止后再发送。",
 "Wait until the files are uploaded.": "请等待文件上传完成。",
 "Write a message": "写消息",
 "Yesterday": "昨天",
 "You are signed out. Reload this page to sign in again.": "您已退出登录。请刷新此页面重新登录。",
 "You are signed out. What you wrote stays on this page.": "您已退出登录。您写的内容仍保留在此页面上。",
 "Your chats will be listed here.": "您的对话会显示在这里。",
 "{excess} characters too many ({limit} at most)": "超出 {excess} 个字符（最多 {limit} 个）",
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
 "{n} sheet": [
  "{n} 个工作表"
 ],
 "“{name}” was not attached, as you are signed out. Reload this page to sign in again.": "未附上“{name}”，因为您已退出登录。请刷新此页面重新登录。",
 "“{name}” was not attached: it is larger than {most} MB.": "未附上“{name}”：文件大于 {most} MB。",
 "“{name}” was not attached: it is too large for this server.": "未附上“{name}”：文件对此服务器来说过大。",
 "“{name}” was not attached: the server could not be reached or had a fault. Try again.": "未附上“{name}”：无法连接服务器或服务器出现故障。请重试。",
 "≈ {tokens} token": [
  "≈ {tokens} 个 token"
 ]
};
