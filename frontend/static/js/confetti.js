// Confetti over the whole page: papers, ribbons and balloons on a canvas that takes no clicks.

const COLOURS = [
  ["#17b890", "#0d7a60"], ["#56c271", "#2f8a49"], ["#3f8ee8", "#245fa5"], ["#f5c542", "#c0932a"],
  ["#8fce3c", "#5f8f22"], ["#f28c38", "#b8621d"], ["#e5484d", "#a32a2e"], ["#9b6be0", "#6a43a5"],
];
const STEP = 1 / 50;
const random = (from, to) => from + Math.random() * (to - from);

class Paper {
  constructor(size) {
    [this.front, this.back] = COLOURS[Math.floor(random(0, COLOURS.length))];
    this.angle = random(0, Math.PI * 2);
    this.spin = random(4, 14);
    this.half = random(3, 6);
    this.sway = random(20, 50);
    this.fall = random(50, 110);
    this.age = random(0, 9);
    this.place(size, random(-size.height, 0));
  }

  place(size, y) {
    this.x = random(0, size.width);
    this.y = y;
  }

  move(size) {
    this.age += STEP;
    this.x += Math.cos(this.age * 2) * this.sway * STEP;
    this.y += this.fall * STEP;
    if (this.y > size.height + 20) this.place(size, -20);
  }

  draw(pen) {
    const tilt = Math.cos(this.age * this.spin);
    pen.fillStyle = tilt > 0 ? this.front : this.back;
    pen.save();
    pen.translate(this.x, this.y);
    pen.rotate(this.angle);
    pen.fillRect(-this.half, -this.half * tilt, this.half * 2, this.half * 2 * tilt);
    pen.restore();
  }
}

class Ribbon extends Paper {
  constructor(size) {
    super(size);
    this.fall = random(60, 120);
    this.sway = random(60, 140);
    this.points = Array.from({ length: 30 }, (_, index) => ({ x: this.x, y: this.y - index * 8 }));
  }

  move(size) {
    const before = this.y;
    super.move(size);
    const [head, ...tail] = this.points;
    head.x = this.x;
    head.y = this.y;
    if (this.y < before) {
      tail.forEach((point, index) => Object.assign(point, { x: this.x, y: this.y - index * 8 }));
    }
    // Each link follows the one before it at a fixed distance, a little late.
    tail.forEach((point, index) => {
      const leader = this.points[index];
      point.x += Math.sin(this.age * 3 - index * 0.35) * 0.6;
      const [dx, dy] = [point.x - leader.x, point.y - leader.y];
      const scale = 8 / (Math.hypot(dx, dy) || 1);
      point.x = leader.x + dx * scale;
      point.y = leader.y + dy * scale;
    });
  }

  draw(pen) {
    pen.lineWidth = 6;
    for (let index = 1; index < this.points.length; index += 1) {
      const [from, to] = [this.points[index - 1], this.points[index]];
      pen.strokeStyle = to.x > from.x ? this.front : this.back;
      pen.beginPath();
      pen.moveTo(from.x, from.y);
      pen.lineTo(to.x, to.y);
      pen.stroke();
    }
  }
}

class Balloon extends Paper {
  constructor(size) {
    super(size);
    this.radius = random(30, 50);
    this.fall = -random(40, 80);
    this.sway = random(10, 25);
    this.place(size, size.height + random(60, size.height));
  }

  move(size) {
    super.move(size);
    if (this.y < -this.radius * 3) this.place(size, size.height + this.radius * 2);
  }

  draw(pen) {
    const { x, y, radius } = this;
    const light = pen.createRadialGradient(x - radius / 3, y - radius / 2, radius / 8, x, y, radius * 1.2);
    light.addColorStop(0, "#fff");
    light.addColorStop(0.25, this.front);
    light.addColorStop(1, this.back);
    pen.fillStyle = light;
    pen.beginPath();
    pen.ellipse(x, y, radius * 0.85, radius, 0, 0, Math.PI * 2);
    pen.fill();
    pen.beginPath();
    pen.moveTo(x, y + radius);
    pen.lineTo(x - 6, y + radius + 9);
    pen.lineTo(x + 6, y + radius + 9);
    pen.fill();
  }
}

export class Confetti {
  running = false;

  start() {
    if (this.running) return;
    this.running = true;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "confetti";
    this.canvas.setAttribute("aria-hidden", "true");
    document.body.append(this.canvas);
    this.fit = this.fit.bind(this);
    addEventListener("resize", this.fit);
    this.fit();
    const many = (count, Kind) => Array.from({ length: count }, () => new Kind(this.size));
    this.things = [...many(95, Paper), ...many(11, Ribbon), ...many(10, Balloon)];
    this.frame();
  }

  stop() {
    this.running = false;
    removeEventListener("resize", this.fit);
    this.canvas.remove();
  }

  fit() {
    const scale = devicePixelRatio || 1;
    this.size = { width: innerWidth, height: innerHeight };
    this.canvas.width = innerWidth * scale;
    this.canvas.height = innerHeight * scale;
    this.pen = this.canvas.getContext("2d");
    this.pen.scale(scale, scale);
  }

  frame() {
    if (!this.running) return;
    this.pen.clearRect(0, 0, this.size.width, this.size.height);
    for (const thing of this.things) {
      thing.move(this.size);
      thing.draw(this.pen);
    }
    requestAnimationFrame(() => this.frame());
  }
}
