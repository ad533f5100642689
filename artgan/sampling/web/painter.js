// Runs a generator in the browser. The same text runs in the page and, as a worker, beside it.
"use strict";

// Latents by seed, as artgan/seeds.py draws them: Philox 4x64-10 (Salmon et al., 2011) and Box-Muller.
const MASK = (1n << 64n) - 1n;
const STREAM = 0x415254n;

function philox(seed, count) {
  const words = [];
  for (let counter = 1n; words.length < count; counter++) {
    let c = [counter, 0n, 0n, 0n];
    let k0 = BigInt(seed), k1 = STREAM;
    for (let round = 0; round < 10; round++) {
      const a = 0xD2E7470EE14C6C93n * c[0], b = 0xCA5A826395121157n * c[2];
      c = [(b >> 64n) ^ c[1] ^ k0, b & MASK, (a >> 64n) ^ c[3] ^ k1, a & MASK];
      k0 = (k0 + 0x9E3779B97F4A7C15n) & MASK;
      k1 = (k1 + 0xBB67AE8584CAA73Bn) & MASK;
    }
    words.push(...c);
  }
  return words;
}

function latentOf(seed, length) {
  const half = (length + 1) >> 1;
  const words = philox(seed, 2 * half);
  const even = (word) => (Number(word >> 11n) + 1) * 2 ** -53;
  const made = new Float32Array(length);
  for (let i = 0; i < half; i++) {
    const radius = Math.sqrt(-2 * Math.log(even(words[i])));
    const angle = 2 * Math.PI * even(words[half + i]);
    made[i] = radius * Math.cos(angle);
    if (half + i < length) made[half + i] = radius * Math.sin(angle);
  }
  return made;
}

// A bell of half precision: 1 sign, 5 exponent and 10 fraction bits.
function fromHalf(bits) {
  const exponent = (bits >> 10) & 31, fraction = bits & 1023;
  const size = exponent === 0 ? fraction * 2 ** -24
    : exponent === 31 ? (fraction ? NaN : Infinity)
    : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -size : size;
}

function fromBase64(text) {
  const raw = atob(text), made = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) made[i] = raw.charCodeAt(i);
  return made;
}

const product = (sides) => sides.reduce((a, b) => a * b, 1);

class Painter {
  // network: the description; weights: an ArrayBuffer; kernel: bytes of WebAssembly, or null for JavaScript alone.
  constructor(network, weights, kernel) {
    this.network = network;
    const plan = this.plan();
    this.memory(plan.floats, kernel);
    this.fill(weights);
    const last = network.nodes[network.nodes.length - 1];
    this.size = last.shape[0];
  }

  // Give each array and each value a place; a place is given again once nobody needs what is there.
  plan() {
    const { inputs, nodes } = this.network;
    const uses = new Array(inputs.length + nodes.length).fill(-1);
    nodes.forEach((node, number) => node.inputs.forEach((value) => { uses[value] = number; }));
    uses[uses.length - 1] = nodes.length;
    let floats = 16;
    const free = new Map();
    const take = (count) => {
      const padded = (count + 3) & ~3, list = free.get(padded);
      if (list && list.length) return list.pop();
      floats += padded;
      return floats - padded;
    };
    const back = (place, count) => {
      const padded = (count + 3) & ~3;
      if (!free.has(padded)) free.set(padded, []);
      free.get(padded).push(place);
    };
    this.arrays = nodes.map((node) => {
      const made = {};
      for (const [name, array] of Object.entries(node.arrays)) made[name] = take(array.count);
      return made;
    });
    this.shapes = [...inputs.map((length) => [length]), ...nodes.map((node) => node.shape)];
    this.places = inputs.map((length) => take(length));
    this.scratch = nodes.map((node, number) => {
      const own = product(node.shape), before = this.shapes[node.inputs[0]];
      this.places.push(take(own));
      const wanted = this.scratchSize(node, before), place = wanted ? take(wanted) : 0;
      if (wanted) back(place, wanted);
      for (const value of new Set(node.inputs)) {
        if (uses[value] === number && value >= inputs.length) back(this.places[value], product(this.shapes[value]));
      }
      return place;
    });
    return { floats };
  }

  scratchSize(node, before) {
    if (node.kind === "conv" && node.pads.some(Boolean)) return product(this.paddedShape(node, before));
    if (node.kind === "deconv") return before[0] * before[1] * node.kernel[0] * node.kernel[1] * node.shape[2];
    if (node.kind === "bilinear") return node.shape[0] * before[1] * before[2];
    return 0;
  }

  paddedShape(node, before) {
    const [top, bottom, left, right] = node.pads;
    return [before[0] + top + bottom, before[1] + left + right, before[2]];
  }

  memory(floats, kernel) {
    this.engine = "javascript";
    if (kernel) {
      try {
        const memory = new WebAssembly.Memory({ initial: Math.ceil((floats * 4) / 65536) + 1 });
        const instance = new WebAssembly.Instance(new WebAssembly.Module(kernel), { env: { m: memory } });
        this.f = new Float32Array(memory.buffer);
        this.gemm = instance.exports.gemm;
        this.engine = "webassembly";
        return;
      } catch { /* No WebAssembly, or none with SIMD: JavaScript does it. */ }
    }
    this.f = new Float32Array(floats);
    this.gemm = null;
  }

  fill(weights) {
    this.network.nodes.forEach((node, number) => {
      for (const [name, array] of Object.entries(node.arrays)) {
        const place = this.arrays[number][name];
        if (array.half) {
          const from = new Uint16Array(weights, array.offset, array.count);
          for (let i = 0; i < array.count; i++) this.f[place + i] = fromHalf(from[i]);
        } else this.f.set(new Float32Array(weights, array.offset, array.count), place);
      }
    });
  }

  // Paint one picture: RGBA bytes. Shares: one number for each class, or null where there are none.
  paint(latent, shares) {
    this.f.set(latent, this.places[0]);
    if (this.network.inputs.length > 1) this.f.set(shares, this.places[1]);
    const first = this.network.inputs.length;
    this.network.nodes.forEach((node, number) => {
      const to = this.places[first + number];
      this[node.kind](node, to, node.inputs, this.arrays[number], this.scratch[number]);
    });
    const from = this.places[this.places.length - 1], count = this.size * this.size;
    const made = new Uint8ClampedArray(4 * count);
    for (let i = 0; i < count; i++) {
      // A clamped array rounds as NumPy does, half to even.
      for (let c = 0; c < 3; c++) made[4 * i + c] = Math.fround(this.f[from + 3 * i + c] + 1) * 127.5;
      made[4 * i + 3] = 255;
    }
    return made;
  }

  // c += a @ b; rows of a begin `step` numbers apart and may overlap.
  add_product(a, step, b, c, m, k, n) {
    if (this.gemm && m % 4 === 0 && n % 8 === 0) {
      this.gemm(4 * a, 4 * step, 4 * b, 4 * c, m, k, n);
      return;
    }
    const f = this.f;
    if (n < 8) {
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = f[c + i * n + j];
          for (let p = 0, at = a + i * step, bt = b + j; p < k; p++, bt += n) sum += f[at + p] * f[bt];
          f[c + i * n + j] = sum;
        }
      }
      return;
    }
    for (let i = 0; i < m; i++) {
      const row = c + i * n;
      for (let p = 0; p < k; p++) {
        const value = f[a + i * step + p], other = b + p * n;
        for (let j = 0; j < n; j++) f[row + j] += value * f[other + j];
      }
    }
  }

  biased(to, bias, places, width) {
    for (let i = 0; i < places; i++) this.f.copyWithin(to + i * width, bias, bias + width);
  }

  dense(node, to, [value], arrays) {
    const shape = this.shapes[value], width = shape[shape.length - 1], out = node.shape[node.shape.length - 1];
    const rows = product(shape) / width;
    this.biased(to, arrays.bias, rows, out);
    this.add_product(this.places[value], width, arrays.kernel, to, rows, width, out);
  }

  conv(node, to, [value], arrays, scratch) {
    const [rows, columns] = node.kernel, [down, across] = node.strides, [apart, beside] = node.dilation;
    const [height, width, filters] = node.shape;
    let from = this.places[value], shape = this.shapes[value];
    if (node.pads.some(Boolean)) {
      this.padded(node, from, shape, scratch);
      from = scratch;
      shape = this.paddedShape(node, shape);
    }
    const line = shape[1] * shape[2], channels = shape[2];
    this.biased(to, arrays.bias, height * width, filters);
    // Beside one another lie the numbers of a window's row, so they need not be copied; nor rows of 1x1 windows.
    const together = beside === 1 ? columns : 1;
    const plain = rows === 1 && columns === 1 && down === 1 && across === 1;
    for (let y = 0; y < (plain ? 1 : height); y++) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j += together) {
          this.add_product(
            from + (y * down + i * apart) * line + j * beside * channels, across * channels,
            arrays.kernel + (i * columns + j) * channels * filters, to + y * width * filters,
            plain ? height * width : width, together * channels, filters,
          );
        }
      }
    }
  }

  deconv(node, to, [value], arrays, scratch) {
    const { f } = this, [rows, columns] = node.kernel, [down, across] = node.strides, [top, left] = node.crop;
    const [high, wide, channels] = this.shapes[value], [height, width, filters] = node.shape;
    const spread = rows * columns * filters;
    f.fill(0, scratch, scratch + high * wide * spread);
    this.add_product(this.places[value], channels, arrays.kernel, scratch, high * wide, channels, spread);
    this.biased(to, arrays.bias, height * width, filters);
    for (let y = 0; y < high; y++) {
      for (let x = 0; x < wide; x++) {
        for (let i = 0; i < rows; i++) {
          const v = y * down + i - top;
          if (v < 0 || v >= height) continue;
          for (let j = 0; j < columns; j++) {
            const u = x * across + j - left;
            if (u < 0 || u >= width) continue;
            const a = scratch + (y * wide + x) * spread + (i * columns + j) * filters, b = to + (v * width + u) * filters;
            for (let c = 0; c < filters; c++) f[b + c] += f[a + c];
          }
        }
      }
    }
  }

  padded(node, from, shape, to) {
    const [height, width, channels] = shape, [top, , left] = node.pads, full = this.paddedShape(node, shape);
    this.f.fill(0, to, to + product(full));
    for (let y = 0; y < height; y++) {
      const start = from + y * width * channels;
      this.f.copyWithin(to + ((y + top) * full[1] + left) * channels, start, start + width * channels);
    }
  }

  pad(node, to, [value]) {
    this.padded(node, this.places[value], this.shapes[value], to);
  }

  nearest(node, to, [value]) {
    const [down, across] = node.factors, [height, width, channels] = this.shapes[value], from = this.places[value];
    const line = width * across * channels;
    for (let y = 0; y < height; y++) {
      let at = to + y * down * line;
      const first = at;
      for (let x = 0; x < width; x++) {
        const start = from + (y * width + x) * channels;
        for (let i = 0; i < across; i++, at += channels) this.f.copyWithin(at, start, start + channels);
      }
      for (let i = 1; i < down; i++) this.f.copyWithin(first + i * line, first, first + line);
    }
  }

  bilinear(node, to, [value], arrays, scratch) {
    const [down, across] = node.factors, [height, width, channels] = this.shapes[value];
    this.stretch(this.places[value], scratch, 1, height, down, width * channels);
    this.stretch(scratch, to, height * down, width, across, channels);
  }

  // Enlarge the middle axis of (outer, length, inner) so many times; half-pixel centres.
  stretch(from, to, outer, length, factor, inner) {
    const { f } = this;
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < length * factor; i++) {
        const place = (i + 0.5) / factor - 0.5, low = Math.floor(place), share = Math.fround(place - low);
        const a = from + (o * length + Math.max(low, 0)) * inner;
        const b = from + (o * length + Math.min(low + 1, length - 1)) * inner;
        const c = to + (o * length * factor + i) * inner;
        for (let j = 0; j < inner; j++) f[c + j] = f[a + j] * (1 - share) + f[b + j] * share;
      }
    }
  }

  pool(node, to, [value]) {
    const { f } = this, [rows, columns] = node.pool, [down, across] = node.strides, from = this.places[value];
    const [, wide, channels] = this.shapes[value], [height, width] = node.shape;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let i = 0; i < rows; i++) {
            for (let j = 0; j < columns; j++) sum += f[from + ((y * down + i) * wide + x * across + j) * channels + c];
          }
          f[to + (y * width + x) * channels + c] = sum / (rows * columns);
        }
      }
    }
  }

  affine(node, to, [value], arrays) {
    const { f } = this, width = node.shape[node.shape.length - 1], from = this.places[value];
    for (let i = 0, count = product(node.shape); i < count; i += width) {
      for (let c = 0; c < width; c++) f[to + i + c] = f[from + i + c] * f[arrays.scale + c] + f[arrays.shift + c];
    }
  }

  layernorm(node, to, [value], arrays) {
    const { f } = this, width = node.shape[node.shape.length - 1], from = this.places[value];
    for (let i = 0, count = product(node.shape); i < count; i += width) {
      let mean = 0, variance = 0;
      for (let c = 0; c < width; c++) mean += f[from + i + c] / width;
      for (let c = 0; c < width; c++) variance += (f[from + i + c] - mean) ** 2 / width;
      const factor = 1 / Math.sqrt(variance + node.epsilon);
      for (let c = 0; c < width; c++) {
        f[to + i + c] = (f[from + i + c] - mean) * factor * f[arrays.scale + c] + f[arrays.shift + c];
      }
    }
  }

  act(node, to, [value]) {
    const { f } = this, from = this.places[value], count = product(node.shape), { name, slope } = node;
    if (name === "relu") for (let i = 0; i < count; i++) f[to + i] = Math.max(f[from + i], 0);
    else if (name === "leaky_relu") for (let i = 0; i < count; i++) f[to + i] = f[from + i] * (f[from + i] < 0 ? slope : 1);
    else if (name === "tanh") for (let i = 0; i < count; i++) f[to + i] = Math.tanh(f[from + i]);
    else if (name === "sigmoid") for (let i = 0; i < count; i++) f[to + i] = 1 / (1 + Math.exp(-f[from + i]));
    else f.copyWithin(to, from, from + count);
  }

  reshape(node, to, [value]) {
    const from = this.places[value];
    this.f.copyWithin(to, from, from + product(node.shape));
  }

  add(node, to, values) {
    this.merged(node, to, values, (a, b) => a + b);
  }

  multiply(node, to, values) {
    this.merged(node, to, values, (a, b) => a * b);
  }

  // Axes of length 1 are repeated, as in NumPy.
  merged(node, to, values, join) {
    const { f } = this, rank = node.shape.length, count = product(node.shape), width = node.shape[rank - 1];
    values.forEach((value, number) => {
      const shape = this.shapes[value], from = this.places[value];
      const steps = shape.map((side, axis) => (side === 1 ? 0 : product(shape.slice(axis + 1))));
      const last = steps[rank - 1];
      for (let i = 0; i < count; i += width) {
        let at = from;
        for (let axis = rank - 2, rest = i / width; axis >= 0; axis--) {
          at += (rest % node.shape[axis]) * steps[axis];
          rest = Math.floor(rest / node.shape[axis]);
        }
        if (number === 0) for (let c = 0; c < width; c++) f[to + i + c] = f[at + c * last];
        else for (let c = 0; c < width; c++) f[to + i + c] = join(f[to + i + c], f[at + c * last]);
      }
    });
  }

  concat(node, to, values) {
    let before = 0;
    const whole = product(node.shape.slice(node.axis));
    const outer = product(node.shape) / whole;
    for (const value of values) {
      const piece = product(this.shapes[value].slice(node.axis)), from = this.places[value];
      for (let o = 0; o < outer; o++) {
        this.f.copyWithin(to + o * whole + before, from + o * piece, from + (o + 1) * piece);
      }
      before += piece;
    }
  }
}

// As a worker: first the network, then pictures as they are asked for.
if (typeof document === "undefined" && typeof self !== "undefined") {
  let painter = null;
  self.onmessage = ({ data }) => {
    if (data.network) {
      painter = new Painter(data.network, data.weights, data.kernel);
      self.postMessage({ engine: painter.engine });
    } else {
      const pixels = painter.paint(data.latent, data.shares);
      self.postMessage({ ticket: data.ticket, pixels }, [pixels.buffer]);
    }
  };
}
