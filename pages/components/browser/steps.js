// One step of the browser's history for each act of the visitor. Streamlit itself adds none when a
// widget changes the address, and one for each of several changes by the page.

const push = history.pushState.bind(history), replace = history.replaceState.bind(history);
let acted = false;

for (const name of ["pointerdown", "keydown"]) {
  document.addEventListener(name, () => { acted = true; }, true);
}
addEventListener("popstate", () => { acted = false; }, true);

function step(state, title, url) {
  const changed = url && new URL(url, location.href).href !== location.href;
  (acted && changed ? push : replace)(state, title, url);
  if (changed) acted = false;
}
history.pushState = history.replaceState = step;
