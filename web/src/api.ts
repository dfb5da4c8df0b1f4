/* The one way to the server: the session, requests, and errors that people can act upon. */
import { signal } from '@preact/signals';
import { t } from './texts';

export const P = '/pipeline/api';

export interface Who {
    id: string;
    name: string;
    email: string;
    organization?: string;
    orgRole: string;
    serviceRole: string;
    hasPassword: boolean;
    projects: { name: string; role: string }[];
}

/* What the server found in a definition: where it stands (JSON Pointer; line and column where it was text). */
export interface Finding { level: 'ERROR' | 'WARNING'; pointer: string; message: string; line?: number; column?: number; variable?: string /* that could hold the secret that stands there */ }

export class Problem extends Error {
    constructor(readonly status: number, message: string, readonly field = '', readonly findings: Finding[] = [], readonly wait = 0 /* seconds, of 429 */,
        readonly documents: unknown[] = [] /* of an import that was refused: what is said of each */) { super(message); }
}

/* sessionStorage: gone with the tab, and never sent by itself. Only the short-lived access token is kept, not what it was got with. */
const KEY = 'slipway.access';
let access = sessionStorage.getItem(KEY) ?? '';

/* What a new access token is got with before the old one ends, so that a page that stays open stays signed in. Only in this page's memory. */
let renewal = '', renewing: Promise<boolean> | null = null, renewedAt = 0, timer = 0;
const EARLY = 10 * 60, LASTS = 8 * 3600; /* seconds */

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
    renewal = '';
    clearTimeout(timer);
    who.value = null;
    sessionOver.value = over;
}

export const authorization = (): Record<string, string> => (access ? { Authorization: `Bearer ${access}` } : {});

async function problemOf(answer: Response): Promise<Problem> {
    const json = await answer.json().catch(() => ({})) as { message?: string; field?: string; problems?: (Partial<Finding> & { where?: string })[]; documents?: unknown[] };
    const found = (json.problems ?? []).map((p) => [p.where, p.message].filter(Boolean).join(': ')).filter(Boolean);
    const text = [json.message ?? `${answer.status} ${answer.statusText}`, ...found].join('\n');
    return new Problem(answer.status, answer.status === 403 ? `${t('forbidden')} (${text})` : text, json.field, (json.problems ?? []) as Finding[], Number(answer.headers.get('Retry-After')) || 0, json.documents);
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
    if (answer.status === 401 && access && path !== EXCHANGE) { /* a computer that slept through the time renews late */
        if (Date.now() - renewedAt > 60_000 && await renew()) return call(method, path, body, signal, headers);
        signOut(true);
    }
    if (!answer.ok) throw await problemOf(answer);
    return (answer.headers.get('Content-Type')?.includes('json') ? await answer.json() : await answer.text()) as T;
}

/* A file behind the session, saved under the name that it is given. */
export async function download(path: string, name: string): Promise<void> {
    const answer = await fetch(path, { cache: 'no-store', credentials: 'omit', redirect: 'error', headers: authorization() }).catch(() => { throw new Problem(0, t('noConnection')); });
    if (!answer.ok) throw await problemOf(answer);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(await answer.blob());
    link.download = /filename="([^"]+)"/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1] ?? name;
    link.click();
    URL.revokeObjectURL(link.href);
}

// ---- signing in

interface Given { access_token: string; refresh_token: string; expires_in?: number }
const EXCHANGE = '/csp/gateway/am/api/auth/api-tokens/authorize';

function take(given: Given): void {
    keep(given.access_token);
    renewal = given.refresh_token;
    renewedAt = Date.now();
    clearTimeout(timer);
    timer = window.setTimeout(() => void renew(), Math.max(60, (given.expires_in ?? LASTS) - EARLY) * 1000);
}

/* True: there is a new access token. */
function renew(): Promise<boolean> {
    const by = renewal;
    if (!by) return Promise.resolve(false);
    renewing ??= call<Given>('POST', EXCHANGE, { refresh_token: by }).then((given) => { if (renewal === by) take(given); return true; }, () => false)
        .finally(() => { renewing = null; });
    return renewing;
}

export async function signIn(by: { token: string } | { username: string; password: string }): Promise<void> {
    take(await call<Given>('POST', 'token' in by ? EXCHANGE : '/csp/gateway/am/api/login', 'token' in by ? { refresh_token: by.token } : by));
    sessionOver.value = false;
    await loadWho();
}

export async function loadWho(): Promise<void> {
    who.value = await call<Who>('GET', `${P}/whoami`);
}

/* What a role may do; the server decides, this only spares people a refusal. */
const LEVELS = ['', 'viewer', 'executor', 'developer', 'administrator'];
const PROJECT: Record<string, number> = { viewer: 1, member: 3, administrator: 4 };
const WANTED = { execute: 2, develop: 3, manage: 4 }; /* manage: members, and what is restricted */
export function may(what: keyof typeof WANTED, project: string): boolean {
    const mine = who.value?.projects.find((p) => p.name === project)?.role ?? '';
    return Math.max(LEVELS.indexOf(who.value?.serviceRole ?? ''), PROJECT[mine] ?? 0) >= WANTED[what];
}
export const isAdministrator = (): boolean => who.value?.serviceRole === 'administrator';
export const isOwner = (): boolean => who.value?.orgRole === 'owner';

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
