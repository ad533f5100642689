// Ways from latent to latent, as artgan's films go them: on the sphere, or along a smooth curve.
const paths = (() => {
  const length = (vector) => Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
  const lerp = (a, b, share) => a.map((x, i) => (1 - share) * x + share * b[i]);

  // Spherical linear interpolation (Shoemake, 1985); the length goes evenly from one's to the other's.
  function slerp(a, b, share) {
    const [la, lb] = [length(a), length(b)];
    if (!la || !lb) return lerp(a, b, share);
    const dot = a.reduce((sum, x, i) => sum + x * b[i], 0) / (la * lb);
    const angle = Math.acos(Math.min(1, Math.max(-1, dot)));
    if (Math.sin(angle) < 1e-6) return lerp(a, b, share);
    const [u, v] = [Math.sin((1 - share) * angle) / Math.sin(angle) / la, Math.sin(share * angle) / Math.sin(angle) / lb];
    const whole = (1 - share) * la + share * lb;
    return a.map((x, i) => whole * (u * x + v * b[i]));
  }

  // Catmull and Rom, 1974; its length is kept typical, or the pictures on the way would be dull.
  function spline(before, near, far, after, share) {
    const curve = near.map((x, i) => 0.5 * (2 * x + (far[i] - before[i]) * share
      + (2 * before[i] - 5 * x + 4 * far[i] - after[i]) * share ** 2 + (3 * x - before[i] - 3 * far[i] + after[i]) * share ** 3));
    const smooth = share * share * (3 - 2 * share);
    const now = length(curve);
    return now ? curve.map((x) => (x * ((1 - smooth) * length(near) + smooth * length(far))) / now) : curve;
  }

  // A place on the way along keys: 1.5 is midway from the second to the third; round a loop it comes back.
  function at(keys, place, { path = "slerp", loop = false } = {}) {
    const count = keys.length;
    const legs = loop ? count : count - 1;
    const leg = Math.min(Math.floor(place), legs - 1);
    const share = place - leg;
    const key = (n) => (loop ? keys[((n % count) + count) % count] : keys[Math.min(count - 1, Math.max(0, n))]);
    if (path === "spline") return spline(key(leg - 1), key(leg), key(leg + 1), key(leg + 2), share);
    return slerp(key(leg), key(leg + 1), share);
  }

  // Numbers as they are sent: short, and as exact as a picture can show.
  const sent = (latent) => latent.map((x) => Number(x.toFixed(5)));

  return { slerp, spline, at, sent };
})();
