// What is still pending looks by itself: the element with data-pending is replaced by its counterpart of
// the page as it is now, until that is not pending any more. Without JavaScript there is a link.

const FIRST_MS = 2000;
const MOST_TRIES = 20;

async function look(element, tries) {
  const reply = await fetch(location.href, { headers: { accept: "text/html" } });
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  const after = reply.ok && page.getElementById(element.id);
  if (!after) return;
  const pending = after.matches("[data-pending]");
  if (!pending || after.innerHTML !== element.innerHTML) {
    element.replaceChildren(...document.adoptNode(after).childNodes);
  }
  if (pending) wait(element, tries + 1);
}

function wait(element, tries) {
  if (tries >= MOST_TRIES) return;
  setTimeout(() => look(element, tries).catch(() => wait(element, tries + 1)), FIRST_MS * (1 + tries / 4));
}

for (const element of document.querySelectorAll("[data-pending]")) wait(element, 0);
