// acmsh: the terminal on the first page. Without this module the page shows its last output.

const terminal = document.getElementById("acmsh");

// Splits at white space; double quotes keep words together and are dropped.
export function words(line) {
  const found = line.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? [];
  return found.map((word) => word.replaceAll('"', ""));
}

function cow(text) {
  const edge = "-".repeat([...text].length + 2);
  return ` ${edge}\n< ${text} >\n ${edge}\n    \\   ^__^\n     \\  (oo)\\_______\n        (__)\\       )\\/\\\n            ||----w |\n            ||     ||`;
}

class Shell {
  constructor(root) {
    this.screen = root.querySelector(".terminal-screen");
    this.log = root.querySelector(".terminal-log");
    this.form = root.querySelector("form");
    this.input = root.querySelector("input");
    this.prompt = root.querySelector("form .prompt").textContent;
    this.confettiUrl = root.dataset.confetti;
    this.history = [];
    this.past = 0;
    this.commands = {
      help: () => this.say("authors  clear  cowsay TEXT  echo TEXT  happy_birthday  help  kill JOB"),
      authors: () => this.say("the Grove contributors"),
      clear: () => this.log.replaceChildren(),
      cowsay: (args) => this.withOne(args, (text) => this.say(cow(text), "pre")),
      echo: (args) => this.withOne(args, (text) => this.say(text)),
      happy_birthday: () => this.celebrate(),
      kill: (args) => this.withOne(args, (job) => this.stop(job)),
    };
  }

  start() {
    this.form.hidden = false;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.run(this.input.value);
    });
    this.input.addEventListener("keydown", (event) => this.recall(event));
    this.screen.addEventListener("click", () => {
      // A click that selects text is no wish to type.
      if (getSelection().isCollapsed) this.input.focus({ preventScroll: true });
    });
  }

  run(line) {
    this.input.value = "";
    const [name, ...args] = words(line);
    const echo = document.createElement("p");
    const prompt = document.createElement("span");
    prompt.className = "prompt";
    prompt.textContent = this.prompt;
    echo.append(prompt, ` ${line}`);
    this.log.append(echo);
    if (name !== undefined) {
      this.history.push(line);
      if (Object.hasOwn(this.commands, name)) this.commands[name](args);
      else this.complain(`command ${name} not found`);
    }
    this.past = this.history.length;
    this.screen.scrollTop = this.screen.scrollHeight;
  }

  recall(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.past = Math.min(Math.max(this.past + step, 0), this.history.length);
    this.input.value = this.history[this.past] ?? "";
    this.input.setSelectionRange(this.input.value.length, this.input.value.length);
  }

  withOne(args, work) {
    if (args.length === 0) this.complain("ERR: missing args");
    else if (args.length > 1) this.complain("ERR: Too many args");
    else work(args[0]);
  }

  say(text, element = "p") {
    const line = document.createElement(element);
    line.textContent = text;
    this.log.append(line);
    while (this.log.childElementCount > 200) this.log.firstElementChild.remove();
    return line;
  }

  complain(text) {
    this.say(text).className = "wrong";
  }

  async celebrate() {
    this.say("Happy birthday! (kill happy_birthday ends it)");
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.say("*  .  o  *   confetti, lying still   *  o  .  *");
      return;
    }
    const { Confetti } = await import(this.confettiUrl);
    this.confetti ??= new Confetti();
    this.confetti.start();
  }

  stop(job) {
    if (job !== "happy_birthday") this.complain(`kill: ${job}: no such job`);
    else if (this.confetti?.running) this.confetti.stop();
    else this.complain("kill: happy_birthday: not running");
  }
}

// Types the greeting once, as if someone sat there.
async function greet(shell) {
  const [line, answer] = shell.log.querySelectorAll("p");
  const text = line.lastChild;
  const whole = text.data;
  answer.hidden = true;
  line.classList.add("typing");
  for (let shown = 1; shown <= whole.length; shown += 1) {
    text.data = whole.slice(0, shown);
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  line.classList.remove("typing");
  answer.hidden = false;
}

if (terminal) {
  const shell = new Shell(terminal);
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) await greet(shell);
  shell.start();
}
