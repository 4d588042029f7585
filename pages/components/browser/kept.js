// Keeps what was typed in this window's own storage, which ends with the window: unsubmitted text
// at each key, and all else that the page wants kept whenever its script has run.

import "./steps.js";

const FIRST = ["start", "box", "title", "sentence"];
const SESSION = "paperlens-session", STATE = "paperlens-kept", TYPED = "paperlens-typed";
let fields = [];

function read(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name));
  } catch {
    return null;
  }
}

function write(name, value) {
  try {
    sessionStorage.setItem(name, JSON.stringify(value));
  } catch {
    // Full or forbidden: the page works without.
  }
}

const fieldOf = target => fields.find(name => target.closest?.(`.st-key-${name}`));

// Streamlit sends a text once its field is left, or by Enter; here also once it was pasted, typing
// pauses or the pointer moves, so that a click elsewhere finds everything sent. To Streamlit the
// field is left for a moment.
const PAUSE = 700, FEW = 3;
let pause, waiting = null, length = 0, pasted = false;

function send() {
  clearTimeout(pause);
  waiting?.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
  waiting = null;
  pasted = false;
}

document.addEventListener("input", ({ target }) => {
  const name = fieldOf(target);
  if (!name) return;
  write(TYPED, { ...read(TYPED), [name]: { text: target.value, sent: false } });
  document.documentElement.toggleAttribute("data-edited", true);
  // A paste may be several events.
  pasted ||= Math.abs(target.value.length - length) >= FEW;
  length = target.value.length;
  waiting = target;
  clearTimeout(pause);
  pause = setTimeout(send, pasted ? 0 : PAUSE);
}, true);
document.addEventListener("pointermove", send, true);

function sent({ target }) {
  const name = fieldOf(target), typed = read(TYPED);
  if (name && typed?.[name]) write(TYPED, { ...typed, [name]: { ...typed[name], sent: true } });
}
document.addEventListener("focusout", sent, true);

// As in a form: Enter in a line, and Ctrl+Enter in a longer text, press the button.
document.addEventListener("keydown", event => {
  const { key, target, ctrlKey, metaKey, isComposing } = event;
  if (key !== "Enter" || isComposing || !fieldOf(target)) return;
  if (target.tagName !== "INPUT" && !ctrlKey && !metaKey) return;
  send();
  setTimeout(() => document.querySelector("[class*='st-key-submit'] button")?.click());
}, true);

// A slash puts the cursor into the first field, arrows move in the list of earlier answers.
document.addEventListener("keydown", event => {
  const { key, target, ctrlKey, metaKey, altKey } = event;
  if (ctrlKey || metaKey || altKey) return;
  let next;
  if (key === "/" && !target.closest("input, textarea, [contenteditable], canvas")) {
    const inputs = name => `.st-key-${name} :is(textarea, input)`;
    next = document.querySelector(FIRST.map(inputs).join());
  } else if (target.closest("[class*='st-key-earlier-']")) {
    const list = [...document.querySelectorAll("[class*='st-key-earlier-'] button")];
    next = list[list.indexOf(target) + ({ ArrowDown: 1, ArrowUp: -1 }[key] ?? list.length)];
  }
  if (!next) return;
  event.preventDefault();
  next.focus();
});

// On a phone the menu would stay open over the page that it opens.
document.addEventListener("click", ({ target }) => {
  if (innerWidth > 640 || !target.closest("[data-testid=stSidebarNav] a")) return;
  setTimeout(() => {
    document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click();
    // Streamlit would keep it closed in wide windows too.
    Object.keys(localStorage).filter(key => key.startsWith("stSidebarCollapsed"))
      .forEach(key => localStorage.removeItem(key));
  });
});

// Where the answer is below the screen, as on a phone, a new one is scrolled to.
let answered = null;

function showAnswer(state) {
  const now = JSON.stringify([state?.paper, state?.cited]), isNew = answered && now !== answered;
  answered = now;
  if (isNew) setTimeout(() => {
    const answer = document.querySelector(".st-key-answer");
    if (answer?.getBoundingClientRect().top > 0.75 * innerHeight) answer.scrollIntoView();
  }, 100);
}

const unsent = typed => Object.entries(typed ?? {}).filter(([, one]) => !one.sent);
const texts = entries => Object.fromEntries(entries.map(([name, one]) => [name, one.text]));

let mounted = null, shown = null;

export default function ({ data, parentElement, setStateValue }) {
  fields = data.fields;
  document.documentElement.lang = data.lang;
  // Once for each time that the page asks for it.
  if (data.scroll && data.scroll.id !== shown) {
    shown = data.scroll.id;
    document.querySelector(`.st-key-${data.scroll.to}`)?.scrollIntoView({ behavior: "smooth" });
  }
  const typed = read(TYPED) ?? {}, first = mounted !== parentElement;
  mounted = parentElement;
  if (read(SESSION) !== data.session) {
    write(SESSION, data.session);
    const state = read(STATE), all = texts(Object.entries(typed));
    if (state || Object.keys(all).length) setStateValue("kept", { state, typed: all });
    return;
  }
  if (data.state) write(STATE, data.state);
  showAnswer(data.state);
  // What was sent has arrived with this run.
  const left = unsent(typed);
  write(TYPED, Object.fromEntries(left));
  document.documentElement.toggleAttribute("data-edited", data.edited || left.length > 0);
  if (first && left.length) setStateValue("kept", { state: null, typed: texts(left) });
}
