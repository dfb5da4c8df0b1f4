/* The one way to the server: the session, requests, and errors that people can act upon. */
import { signal } from '@preact/signals';
import { t } from './texts';

export const P = '/pipeline/api';

export interface Who {
    name: string;
    orgRole: string;
    serviceRole: string;
    projects: { name: string; role: string }[];
}

/* What the server found in a definition: where it stands (JSON Pointer; line and column where it was text). */
export interface Finding { level: 'ERROR' | 'WARNING'; pointer: string; message: string; line?: number; column?: number }

export class Problem extends Error {
    constructor(readonly status: number, message: string, readonly field = '', readonly findings: Finding[] = []) { super(message); }
}

/* sessionStorage: gone with the tab, and never sent by itself. Only the short-lived access token is kept, not what it was got with. */
const KEY = 'slipway.access';
let access = sessionStorage.getItem(KEY) ?? '';

export const who = signal<Who | null>(null);
export const sessionOver = signal(false);
export const signedIn = signal(access !== '');

function keep(token: string): void {
    access = token;
    if (token) sessionStorage.setItem(KEY, token); else sessionStorage.removeItem(KEY);
    signedIn.value = token !== '';
}

export function signOut(over = false): void {
    keep('');
    who.value = null;
    sessionOver.value = over;
}

export const authorization = (): Record<string, string> => (access ? { Authorization: `Bearer ${access}` } : {});

async function problemOf(answer: Response): Promise<Problem> {
    const json = await answer.json().catch(() => ({})) as { message?: string; field?: string; problems?: (Partial<Finding> & { where?: string })[] };
    const found = (json.problems ?? []).map((p) => [p.where, p.message].filter(Boolean).join(': ')).filter(Boolean);
    const text = [json.message ?? `${answer.status} ${answer.statusText}`, ...found].join('\n');
    return new Problem(answer.status, answer.status === 403 ? `${t('forbidden')} (${text})` : text, json.field, (json.problems ?? []) as Finding[]);
}

/* The body goes as JSON; a text whose Content-Type is told goes as it is. */
export async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal, headers: Record<string, string> = {}): Promise<T> {
    let answer: Response;
    try {
        answer = await fetch(path, {
            method, signal: signal ?? null, cache: 'no-store', credentials: 'omit', redirect: 'error',
            headers: { ...authorization(), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
            body: body === undefined ? null : typeof body === 'string' && headers['Content-Type'] ? body : JSON.stringify(body),
        });
    } catch (error) {
        if (signal?.aborted) throw error;
        throw new Problem(0, t('noConnection'));
    }
    if (answer.status === 401 && access) signOut(true);
    if (!answer.ok) throw await problemOf(answer);
    return (answer.headers.get('Content-Type')?.includes('json') ? await answer.json() : await answer.text()) as T;
}

// ---- signing in

export async function signIn(by: { token: string } | { username: string; password: string }): Promise<void> {
    const path = 'token' in by ? '/csp/gateway/am/api/auth/api-tokens/authorize' : '/csp/gateway/am/api/login';
    const body = 'token' in by ? { refresh_token: by.token } : by;
    const answer = await call<{ access_token: string }>('POST', path, body);
    keep(answer.access_token);
    sessionOver.value = false;
    await loadWho();
}

export async function loadWho(): Promise<void> {
    who.value = await call<Who>('GET', `${P}/whoami`);
}

/* What a role may do; the server decides, this only spares people a refusal. */
const LEVELS = ['', 'viewer', 'executor', 'developer', 'administrator'];
const PROJECT: Record<string, number> = { viewer: 1, member: 3, administrator: 4 };
export function may(what: 'execute' | 'develop', project: string): boolean {
    const mine = who.value?.projects.find((p) => p.name === project)?.role ?? '';
    const level = Math.max(LEVELS.indexOf(who.value?.serviceRole ?? ''), PROJECT[mine] ?? 0);
    return level >= (what === 'execute' ? 2 : 3);
}

// ---- lists

export interface Page<T> { rows: T[]; total: number; next: string | null }
interface Envelope<T> { links: string[]; documents: Record<string, T>; totalCount: number; next?: string }

export type Query = Record<string, string | number | undefined>;

export async function list<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Page<T>> {
    const words = new URLSearchParams();
    for (const [name, value] of Object.entries(query))
        if (value !== undefined && value !== '') words.set(name, String(value));
    const all = await call<Envelope<T>>('GET', `${P}${path}?${words}`, undefined, signal);
    return { rows: all.links.flatMap((l) => all.documents[l] ?? []), total: all.totalCount, next: all.next ?? null };
}

/* "status eq 'FAILED' and ..." of what is set; a quote inside is doubled. */
export function filterOf(wanted: Record<string, string>): string {
    return Object.entries(wanted).filter(([, v]) => v).map(([k, v]) => `(${k} eq '${v.replace(/'/g, "''")}')`).join(' and ');
}
