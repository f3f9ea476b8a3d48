// An agent for trying things out. It has no way in but the one that every agent has: JSON over a MessagePort.
import { signal } from '@preact/signals';
import { PROTOCOL, serveAgent, type Reply } from '../domain';
import { say } from './live';
import { needDesk } from './session';

export interface Exchange {
  at: Date;
  asked: unknown;
  reply: Reply;
}

/** Newest first. */
export const exchanges = signal<Exchange[]>([]);

const [ours, theirs] = (() => {
  const { port1, port2 } = new MessageChannel();
  return [port1, port2];
})();

function heard(asked: unknown, reply: Reply): void {
  exchanges.value = [{ at: new Date(), asked, reply }, ...exchanges.peek()].slice(0, 100);
  if (!reply.ok) say(`An agent's message was refused: ${reply.message}`);
}

serveAgent(needDesk, ours, heard);

let requests = 0;
const waiting = new Map<unknown, (reply: Reply) => void>();
theirs.onmessage = ({ data }) => {
  const reply = data as Reply;
  waiting.get(reply.request)?.(reply);
  waiting.delete(reply.request);
};

/** Sends a message as it is; one without a request cannot be waited for by its number. */
export function send(message: unknown): void {
  theirs.postMessage(message);
}

export function ask(message: Record<string, unknown>): Promise<Reply> {
  const request = ++requests;
  return new Promise((resolve) => {
    waiting.set(request, resolve);
    send({ protocol: PROTOCOL, type: 'propose', request, ...message });
  });
}

/**
 * Agents in other windows of this origin, or in frames: they post `{ protocol, type: 'connect' }` with a port, and talk
 * over it. Another origin is not heard.
 */
export function listenToWindows(): void {
  addEventListener('message', ({ data, origin, ports }) => {
    const [port] = ports;
    if (origin !== location.origin || (data as { protocol?: unknown; type?: unknown } | null)?.protocol !== PROTOCOL || !port) return;
    serveAgent(needDesk, port, heard);
  });
}
