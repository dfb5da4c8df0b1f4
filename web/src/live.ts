/* What changes on the server, told by it: one stream for the whole page. EventSource cannot carry the Authorization header, so it is
 * read with fetch; a token in a URL would stand in logs. After a break, everything that is shown is asked for again. */
import { effect, signal } from '@preact/signals';
import { P, authorization, signedIn, signOut } from './api';

export const connected = signal(true);

type Listener = (kinds: Set<string> | null) => void; /* null: anything may have changed */
const listeners = new Set<Listener>();

export function onChange(kinds: string[], run: () => void): () => void {
    const listener: Listener = (changed) => { if (!changed || kinds.some((k) => changed.has(k))) run(); };
    listeners.add(listener);
    return () => listeners.delete(listener);
}

function tell(name: string, data: string): void {
    if (name === 'hello') listeners.forEach((l) => l(null));
    if (name === 'changed') {
        const kinds = new Set(Object.keys(JSON.parse(data) as object));
        listeners.forEach((l) => l(kinds));
    }
}

/* One event: lines "name: value", ended by an empty one. */
function read(block: string): void {
    let name = '', data = '';
    for (const line of block.split('\n')) {
        if (line.startsWith('event: ')) name = line.slice(7);
        if (line.startsWith('data: ')) data += line.slice(6);
    }
    if (name) tell(name, data);
}

async function follow(signal: AbortSignal): Promise<void> {
    const answer = await fetch(`${P}/changes`, { headers: authorization(), signal, cache: 'no-store', credentials: 'omit' });
    if (answer.status === 401) signOut(true);
    if (!answer.ok || !answer.body) throw new Error(String(answer.status));
    connected.value = true;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const blocks = (rest + value).split('\n\n');
        rest = blocks.pop() ?? '';
        blocks.forEach(read);
    }
}

const pause = (ms: number) => new Promise((go) => setTimeout(go, ms));

async function keepFollowing(signal: AbortSignal): Promise<void> {
    for (let wait = 250; !signal.aborted; wait = Math.min(wait * 2, 10_000)) {
        const began = Date.now();
        await follow(signal).catch(() => undefined);
        if (signal.aborted) return;
        connected.value = false;
        if (Date.now() - began > 20_000) wait = 250;
        await pause(wait * (0.75 + Math.random() / 2)); /* not all pages at once when a server is back */
    }
}

export function startLive(): void {
    let stop: AbortController | undefined;
    effect(() => {
        stop?.abort();
        if (!signedIn.value) return;
        stop = new AbortController();
        void keepFollowing(stop.signal);
    });
}
