/* Where we are: the address bar, as a signal. Links are ordinary links; a click on one stays in the page. */
import { signal } from '@preact/signals';

const here = () => location.pathname + location.search;
export const address = signal(here());

/* A page with unsaved work may ask before it is left: true keeps the visitor here. One page, so one guard. */
let guard: ((to: string) => boolean) | null = null;
export function guardLeaving(asks: ((to: string) => boolean) | null): void { guard = asks; }
const stays = (to: string) => guard !== null && to.split('?')[0] !== path() && guard(to);

export function go(to: string, replace = false): void {
    if (to === address.value || stays(to)) return;
    history[replace ? 'replaceState' : 'pushState'](null, '', to);
    address.value = to;
    if (!replace) scrollTo(0, 0);
}

export function startRouter(): void {
    addEventListener('popstate', () => {
        if (stays(here())) history.pushState(null, '', address.value);
        else address.value = here();
    });
    document.addEventListener('click', (event) => {
        const link = (event.target as Element).closest?.('a');
        if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || link.target || link.hasAttribute('download')) return;
        if (link.origin !== location.origin || link.hash) return;
        event.preventDefault();
        go(link.pathname + link.search);
    });
}

export const path = () => (address.value.split('?')[0] ?? '/');
export const query = () => new URLSearchParams(address.value.split('?')[1] ?? '');

/* Changes one word of the query, without a new entry in the history. */
export function setQuery(name: string, value: string): void {
    const words = query();
    if (value) words.set(name, value); else words.delete(name);
    go(path() + (words.size ? `?${words}` : ''), true);
}

/* '/executions/:id' against the path: its parts, or null. */
export function match(pattern: string): Record<string, string> | null {
    const wanted = pattern.split('/'), have = path().split('/');
    if (wanted.length !== have.length) return null;
    const parts: Record<string, string> = {};
    for (let i = 0; i < wanted.length; i++) {
        const want = wanted[i]!, is = have[i]!;
        if (!want.startsWith(':')) { if (want !== is) return null; continue; }
        try { parts[want.slice(1)] = decodeURIComponent(is); } catch { return null; }
    }
    return parts;
}
