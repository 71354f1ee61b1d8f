// Made by bin/translate.
export const language = "de";
export const pluralForms = ["one", "other"];
/** @type {Record<string, string | string[]>} */
export const texts = {
 "A message can have {most} files. The others were left out.": "Eine Nachricht kann {most} Dateien haben. Die anderen wurden weggelassen.",
 "An answer is being written. Wait for its end, or stop it first.": "Eine Antwort wird gerade geschrieben. Warten Sie ihr Ende ab oder stoppen Sie sie zuerst.",
 "Attached {name}.": "{name} angehängt.",
 "Chat settings": "Chateinstellungen",
 "Chat settings (changed)": "Chateinstellungen (geändert)",
 "Choose a preset": "Vorlage wählen",
 "Connection lost. Reconnecting… What you write is kept and sent afterwards.": "Verbindung verloren. Sie wird wiederhergestellt … Was Sie schreiben, bleibt erhalten und wird danach gesendet.",
 "Continue here": "Hier weitermachen",
 "Copied": "Kopiert",
 "Copied.": "Kopiert.",
 "Copy the last answer": "Letzte Antwort kopieren",
 "Delete the preset “{name}”? Chats that use it keep their settings.": "Vorlage „{name}“ löschen? Chats, die sie verwenden, behalten ihre Einstellungen.",
 "Download {name}": "{name} herunterladen",
 "Last 30 days": "Letzte 30 Tage",
 "Last 7 days": "Letzte 7 Tage",
 "Loading…": "Wird geladen …",
 "My presets": "Meine Vorlagen",
 "New chat": "Neuer Chat",
 "Next chat": "Nächster Chat",
 "Not sent yet. It goes out as soon as the connection is back.": "Noch nicht gesendet. Sie geht hinaus, sobald die Verbindung wieder da ist.",
 "Previous chat": "Voriger Chat",
 "Reconnect now": "Jetzt verbinden",
 "Remove {name}": "{name} entfernen",
 "Search chats": "Chats durchsuchen",
 "Shared with everybody": "Mit allen geteilt",
 "Shift": "Umschalt",
 "Show as text": "Als Text anzeigen",
 "Show foldable": "Aufklappbar anzeigen",
 "Show more": "Mehr anzeigen",
 "Show or hide the sidebar": "Seitenleiste ein- oder ausblenden",
 "Sign in again in a new tab": "In einem neuen Tab anmelden",
 "Stop the answer": "Antwort stoppen",
 "Text of the file": "Text der Datei",
 "The browser did not let this page copy. Select the text and copy it by hand.": "Der Browser ließ das Kopieren nicht zu. Markieren Sie den Text und kopieren Sie ihn von Hand.",
 "The preset was deleted.": "Die Vorlage wurde gelöscht.",
 "The preset was saved.": "Die Vorlage wurde gespeichert.",
 "There are none yet": "Es gibt noch keine",
 "Think": "Nachdenken",
 "Think a little": "Kurz nachdenken",
 "Think hard": "Gründlich nachdenken",
 "Thinking off": "Ohne Nachdenken",
 "This chat could not be loaded. Check your connection and choose it again.": "Dieser Chat konnte nicht geladen werden. Prüfen Sie Ihre Verbindung und wählen Sie ihn erneut.",
 "This chat is not there. It may have been deleted.": "Diesen Chat gibt es nicht. Vielleicht wurde er gelöscht.",
 "This could not be saved. Check your connection and try again.": "Das konnte nicht gespeichert werden. Prüfen Sie Ihre Verbindung und versuchen Sie es erneut.",
 "This could not be saved. Check your connection and try again; nothing that you wrote is lost.": "Das konnte nicht gespeichert werden. Prüfen Sie Ihre Verbindung und versuchen Sie es erneut; nichts, was Sie geschrieben haben, ist verloren.",
 "This file could not be loaded. Check your connection and try again.": "Diese Datei konnte nicht geladen werden. Prüfen Sie Ihre Verbindung und versuchen Sie es erneut.",
 "This list": "Diese Liste",
 "Today": "Heute",
 "Untitled chat": "Chat ohne Titel",
 "Uploading…": "Wird hochgeladen …",
 "Version {number} of {total}": "Fassung {number} von {total}",
 "Wait for the answer, or stop it, before you send.": "Warten Sie die Antwort ab oder stoppen Sie sie, bevor Sie senden.",
 "Wait until the files are uploaded.": "Warten Sie, bis die Dateien hochgeladen sind.",
 "Write a message": "Nachricht schreiben",
 "Yesterday": "Gestern",
 "You are signed out. Reload this page to sign in again.": "Sie sind abgemeldet. Laden Sie diese Seite neu, um sich wieder anzumelden.",
 "You are signed out. What you wrote stays on this page.": "Sie sind abgemeldet. Was Sie geschrieben haben, bleibt auf dieser Seite.",
 "Your chats will be listed here.": "Ihre Chats erscheinen hier.",
 "{excess} characters too many ({limit} at most)": "{excess} Zeichen zu viel (höchstens {limit})",
 "{n} entry": [
  "{n} Eintrag",
  "{n} Einträge"
 ],
 "{n} field": [
  "{n} Feld",
  "{n} Felder"
 ],
 "{n} more": [
  "{n} weiterer",
  "{n} weitere"
 ],
 "{n} page": [
  "{n} Seite",
  "{n} Seiten"
 ],
 "{n} sheet": [
  "{n} Blatt",
  "{n} Blätter"
 ],
 "“{name}” was not attached, as you are signed out. Reload this page to sign in again.": "„{name}“ wurde nicht angehängt, da Sie abgemeldet sind. Laden Sie diese Seite neu, um sich wieder anzumelden.",
 "“{name}” was not attached: it is larger than {most} MB.": "„{name}“ wurde nicht angehängt: Die Datei ist größer als {most} MB.",
 "“{name}” was not attached: it is too large for this server.": "„{name}“ wurde nicht angehängt: Die Datei ist für diesen Server zu groß.",
 "“{name}” was not attached: the server could not be reached or had a fault. Try again.": "„{name}“ wurde nicht angehängt: Der Server war nicht erreichbar oder hatte eine Störung. Versuchen Sie es erneut.",
 "≈ {tokens} token": [
  "≈ {tokens} Token",
  "≈ {tokens} Tokens"
 ]
};
