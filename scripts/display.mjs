// Exits 0 when a display answers. A set variable proves nothing (a closed ssh -X, a wrong user), so the X server is
// greeted with the cookie that a window would use, and the Wayland socket is connected to.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';

const { DISPLAY, WAYLAND_DISPLAY, XDG_RUNTIME_DIR, XAUTHORITY } = process.env;

/** Connects to the first address that answers and resolves with the socket, or with null. */
async function reach(addresses) {
  for (const address of addresses) {
    const socket = await new Promise((done) => {
      const socket = connect(address);
      socket.setTimeout(3000, () => socket.destroy(new Error('timed out')));
      socket.once('connect', () => done(socket)).once('error', () => done(null));
    });
    if (socket) return socket;
  }
  return null;
}

/** The MIT-MAGIC-COOKIE-1 entries of the X authority file: { number, host, cookie }. */
function cookies() {
  let bytes;
  try {
    bytes = readFileSync(XAUTHORITY || join(homedir(), '.Xauthority'));
  } catch {
    return [];
  }
  const entries = [];
  let at = 0;
  const field = () => {
    const length = bytes.readUInt16BE(at);
    at += 2 + length;
    return bytes.subarray(at - length, at);
  };
  try {
    while (at < bytes.length) {
      at += 2; // address family
      const [host, number, name, cookie] = [field(), field(), field(), field()].map((part, index) => (index === 3 ? part : String(part)));
      if (name === 'MIT-MAGIC-COOKIE-1') entries.push({ host, number, cookie });
    }
  } catch {
    // A torn file: what was read so far counts.
  }
  return entries;
}

/** The X11 connection setup request, little-endian, protocol 11.0. */
function greeting(cookie) {
  const name = Buffer.from(cookie ? 'MIT-MAGIC-COOKIE-1' : '');
  const padded = (part) => Buffer.concat([part, Buffer.alloc((4 - (part.length % 4)) % 4)]);
  const head = Buffer.alloc(12);
  head.write('l', 0);
  head.writeUInt16LE(11, 2);
  head.writeUInt16LE(name.length, 6);
  head.writeUInt16LE(cookie?.length ?? 0, 8);
  return Buffer.concat([head, padded(name), padded(cookie ?? Buffer.alloc(0))]);
}

async function x11Answers(display) {
  const parts = /^(?:unix)?([^:]*):(\d+)(?:\.\d+)?$/.exec(display);
  if (!parts) return false;
  const [, host, number] = parts;
  const local = [{ path: `/tmp/.X11-unix/X${number}` }, { path: `\0/tmp/.X11-unix/X${number}` }];
  const socket = await reach(host ? [{ host, port: 6000 + Number(number) }] : local);
  if (!socket) return false;
  const known = cookies().filter((entry) => entry.number === number || entry.number === '');
  const best = known.find((entry) => entry.host === (host || hostname())) ?? known[0];
  return new Promise((done) => {
    socket.once('data', (reply) => done(reply[0] === 1)).once('close', () => done(false)).once('error', () => done(false));
    socket.write(greeting(best?.cookie));
  }).finally(() => socket.destroy());
}

async function waylandAnswers(display) {
  const socket = await reach([{ path: resolve(XDG_RUNTIME_DIR ?? '/', display) }]);
  socket?.destroy();
  return socket !== null;
}

const answers = (WAYLAND_DISPLAY && (await waylandAnswers(WAYLAND_DISPLAY))) || (DISPLAY && (await x11Answers(DISPLAY)));
process.exit(answers ? 0 : 1);
