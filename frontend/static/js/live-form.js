// Forms with data-live="id" are sent without leaving the page: the element with that id, and the
// messages, are replaced by those of the page that comes back. So are those of further ids. Another page, such as a failure, is
// shown instead of this one.

// A path that leads to the same element after the replacement.
function place(element, root) {
  if (!root.contains(element)) return null;
  if (element.id) return (other) => other.querySelector(`#${CSS.escape(element.id)}`);
  const steps = [];
  for (let at = element; at !== root; at = at.parentElement) {
    steps.unshift([...at.parentElement.children].indexOf(at));
  }
  return (other) => steps.reduce((at, index) => at?.children[index], other);
}

function replace(id, page) {
  const [before, after] = [document.getElementById(id), page.getElementById(id)];
  if (!before || !after) return false;
  before.replaceWith(document.adoptNode(after));
  return true;
}

// What was replaced is told to people who do not see it.
function announce(text) {
  let region = document.getElementById("live-status");
  if (!region) {
    region = document.createElement("p");
    region.id = "live-status";
    region.className = "visually-hidden";
    region.setAttribute("role", "status");
    document.body.append(region);
  }
  region.textContent = "";
  setTimeout(() => { region.textContent = text; }, 100);
}

// The form may have arrived all the same, so it is not sent again.
function complain() {
  const notice = document.createElement("p");
  notice.className = "notice notice-bad";
  notice.textContent = "There was no answer. Check your connection, reload the page and see whether it worked.";
  document.getElementById("flash").replaceChildren(notice);
}

async function send(form, button) {
  const [id, ...others] = form.dataset.live.split(" ");
  const body = new URLSearchParams(new FormData(form, button));
  const reply = await fetch(form.action, { method: "POST", body, headers: { accept: "text/html" } });
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  const root = document.getElementById(id);
  const find = root && place(document.activeElement, root);
  if (new URL(reply.url).pathname === "/login" || !page.getElementById(id)) {
    // Another page came back: a failure, or the visitor has to sign in. Show what a reload shows.
    if (reply.ok) location.assign(reply.url);
    else document.getElementById("main").replaceWith(document.adoptNode(page.getElementById("main")));
    return;
  }
  replace(id, page);
  for (const other of ["flash", ...others]) replace(other, page);
  const after = document.getElementById(id);
  const message = document.querySelector("#flash .notice");
  announce(message?.textContent ?? form.dataset.said ?? "Done");
  document.title = page.title;
  const wrong = after.querySelector("#form-error");
  if (wrong) {
    wrong.focus();
  } else if (find) {
    const found = find(after);
    const same = found?.closest("details:not([open])")?.querySelector("summary") ?? found;
    const target = same?.tabIndex >= 0 ? same : after;
    if (target.tabIndex < 0) target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (event.defaultPrevented || !(form instanceof HTMLFormElement) || !form.dataset.live) return;
  event.preventDefault();
  const button = event.submitter;
  if (form.dataset.sending) return;
  form.dataset.sending = "yes";
  button?.setAttribute("aria-busy", "true");
  try {
    await send(form, button);
  } catch {
    complain();
  } finally {
    delete form.dataset.sending;
    button?.removeAttribute("aria-busy");
  }
});
