/* Every word of the page, English and German, in the manual's own terms. A key that is missing in one language is a type error. */
import { signal } from '@preact/signals';
import { ACCOUNT } from './texts/account';
import { APPROVALS } from './texts/approvals';
import { COMMON } from './texts/common';
import { DASHBOARD } from './texts/dashboard';
import { DEPLOYMENTS } from './texts/deployments';
import { EDITORS } from './texts/editors';
import { ENDPOINTS } from './texts/endpoints';
import { EXECUTIONS } from './texts/executions';
import { MODEL } from './texts/model';
import { NOTIFICATIONS } from './texts/notifications';
import { PIPELINES } from './texts/pipelines';
import { PROJECTS } from './texts/projects';
import { PROXIES } from './texts/proxies';
import { SETTINGS } from './texts/settings';
import { START } from './texts/start';
import { TRIGGERS } from './texts/triggers';
import { INTEGRATIONS } from './texts/integrations';
import { VARIABLES } from './texts/variables';
import { WINDOWS } from './texts/windows';

const TEXTS = { ...ACCOUNT, ...APPROVALS, ...COMMON, ...DASHBOARD, ...DEPLOYMENTS, ...EDITORS, ...ENDPOINTS, ...EXECUTIONS, ...INTEGRATIONS, ...MODEL, ...NOTIFICATIONS, ...PIPELINES, ...PROJECTS, ...PROXIES, ...SETTINGS, ...START, ...TRIGGERS, ...VARIABLES, ...WINDOWS };

export type TextKey = keyof typeof TEXTS;
export type Language = 'en' | 'de';

/* What a status is called: the API's words stay in its JSON. */
const STATUS: Record<string, readonly [string, string]> = {
    QUEUED: ['Queued', 'In Warteschlange'], RUNNING: ['Running', 'Läuft'], STARTED: ['Started', 'Gestartet'], COMPLETED: ['Completed', 'Abgeschlossen'],
    FAILED: ['Failed', 'Fehlgeschlagen'], CANCELED: ['Canceled', 'Abgebrochen'], CANCELING: ['Canceling', 'Wird abgebrochen'], WAITING: ['Waiting', 'Wartet'],
    PAUSED: ['Paused', 'Angehalten'], PAUSING: ['Pausing', 'Wird angehalten'], RESUMING: ['Resuming', 'Wird fortgesetzt'], SKIPPED: ['Skipped', 'Übersprungen'],
    NOT_STARTED: ['Not started', 'Nicht begonnen'], FAILED_CONTINUE: ['Failed, went on', 'Fehlgeschlagen, fortgesetzt'], IGNORED: ['Ignored', 'Ignoriert'],
    HELD: ['Held back', 'Zurückgehalten'], ROLLING_BACK: ['Rolling back', 'Wird zurückgerollt'], ROLLBACK_COMPLETED: ['Rolled back', 'Zurückgerollt'],
    ROLLBACK_FAILED: ['Rollback failed', 'Zurückrollen fehlgeschlagen'], ACTIVE: ['Waits for an answer', 'Wartet auf Antwort'], APPROVED: ['Approved', 'Genehmigt'], REJECTED: ['Rejected', 'Abgelehnt'],
    EXPIRED: ['Expired', 'Abgelaufen'],
};

function stored(name: string): string | null {
    try { return localStorage.getItem(name); } catch { return null; }
}
function store(name: string, value: string): void {
    try { localStorage.setItem(name, value); } catch { /* private windows forget it */ }
}

function first(): Language {
    const kept = stored('slipway.language');
    if (kept === 'de' || kept === 'en') return kept;
    const known = navigator.languages.map((l) => l.slice(0, 2)).find((l) => l === 'de' || l === 'en');
    return (known as Language | undefined) ?? 'en';
}

export const language = signal<Language>(first());

export function setLanguage(to: Language): void {
    language.value = to;
    store('slipway.language', to);
}

const which = () => (language.value === 'de' ? 1 : 0);

export function t(key: TextKey, values: Record<string, string | number> = {}): string {
    return TEXTS[key][which()].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}

export function statusText(status: string): string {
    return STATUS[status]?.[which()] ?? status;
}

// ---- times, as people read them

const locale = () => (language.value === 'de' ? 'de' : 'en-GB');

export function timeText(micros: number): string {
    const date = new Date(micros / 1000);
    const today = date.toDateString() === new Date().toDateString();
    return new Intl.DateTimeFormat(locale(), today ? { timeStyle: 'medium' } : { dateStyle: 'medium', timeStyle: 'short' }).format(date);
}

export function wholeTime(micros: number): string {
    return new Intl.DateTimeFormat(locale(), { dateStyle: 'full', timeStyle: 'long' }).format(new Date(micros / 1000));
}

export function durationText(micros: number): string {
    const seconds = micros / 1e6;
    const number = (n: number, digits: number) => n.toLocaleString(locale(), { maximumFractionDigits: digits });
    if (seconds < 1) return `${number(micros / 1000, 0)} ms`;
    if (seconds < 60) return `${number(seconds, 1)} s`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
    return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
