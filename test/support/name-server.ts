// A DNS server on loopback: knows the names it is given, denies others, and is silent about `silent` and all below it.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface NameServer {
  /** As `dns.setServers` takes it. */
  readonly address: string;
  /** How many questions came, by name. */
  readonly asked: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

const TYPE_A = 1;
const NO_SUCH_NAME = 3;

/** @param known IPv4 addresses by name. */
export async function startNameServer(known: Readonly<Record<string, string>>): Promise<NameServer> {
  const asked = new Map<string, number>();
  const socket = createSocket('udp4');
  socket.on('message', (query, { address, port }) => {
    const { name, type, end } = readQuestion(query);
    asked.set(name, (asked.get(name) ?? 0) + 1);
    if (/(^|\.)silent$/.test(name)) return;
    const ip = known[name];
    const answers = ip !== undefined && type === TYPE_A ? [ip] : [];
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | (ip === undefined ? NO_SUCH_NAME : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(answers.length, 6);
    const records = answers.map((one) =>
      // The name of the question, type A, class IN, no time to live, four bytes.
      Buffer.concat([
        Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]),
        Buffer.from(one.split('.').map(Number)),
      ]),
    );
    socket.send(Buffer.concat([header, query.subarray(12, end), ...records]), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    close: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}
