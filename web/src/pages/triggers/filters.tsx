/* What Activity is narrowed by. It stands in the address, so that a link shows the same. */
import type { ComponentChildren } from 'preact';
import { P, filterOf, list } from '../../api';
import { useLoaded } from '../../loading';
import type { Webhook } from '../../model';
import { Choice, Text } from '../../parts';
import { query, setQuery } from '../../router';
import { Since, useSince } from '../../since';
import { statusText, t } from '../../texts';

const STATUSES = ['COMPLETED', 'FAILED', 'RUNNING', 'WAITING', 'IGNORED', 'CANCELED', 'HELD'];
const EQUAL = ['status', 'webhook', 'image', 'tag', 'execution', 'delivery', 'event'] as const; /* words of the address */
const COLUMN: Record<string, string> = { image: 'imageName', event: 'id' };

export interface Wanted { filter: string; search: string; any: boolean }

export function useWantedEvents(): Wanted {
    const q = query(), search = q.get('search') ?? '', since = useSince('timeStampInMicros');
    const equal = filterOf(Object.fromEntries(EQUAL.map((name) => [COLUMN[name] ?? name, q.get(name) ?? ''])));
    const filter = [equal, since].filter(Boolean).join(' and ');
    return { filter, search, any: filter !== '' || search !== '' };
}

/* A filter that came by a link or from a row: shown, and taken away by a click. */
function Taken({ name, text }: { name: string; text: string }) {
    const value = query().get(name);
    if (!value) return null;
    return <button type="button" class="chip" aria-label={`${t('takeAway')}: ${text} ${value}`} onClick={() => setQuery(name, '')}>{text}: <bdi>{value.length > 20 && /^[0-9a-f-]+$/.test(value) ? `${value.slice(0, 8)}…` : value}</bdi> ✕</button>;
}

export function EventFilters({ count, children }: { count: string; children?: ComponentChildren }) {
    const q = query();
    const { data: hooks } = useLoaded('webhooks of the filter', ['webhooks'], (s) => list<Webhook>('/registry-webhooks', { $orderby: 'name asc', $top: 200 }, s));
    const names = [...new Set(hooks?.rows.map((hook) => hook.name) ?? [])], chosen = q.get('webhook') ?? '';
    return (
        <div class="filters" role="search">
            <Text type="search" aria-label={t('search')} placeholder={t('searchEvents')} value={q.get('search') ?? ''} set={(v) => setQuery('search', v)} />
            <Choice aria-label={t('status')} value={q.get('status') ?? ''} set={(v) => setQuery('status', v)} options={[['', `${t('status')}: ${t('all')}`], ...STATUSES.map((s) => [s, statusText(s)] as const)]} />
            {(names.length > 1 || chosen) && <Choice aria-label={t('webhook')} value={chosen} set={(v) => setQuery('webhook', v)}
                options={[['', `${t('webhook')}: ${t('all')}`], ...[...new Set([...names, ...(chosen ? [chosen] : [])])].map((n) => [n, n] as const)]} />}
            <Since />
            {(['image', 'tag', 'execution', 'delivery'] as const).map((name) => <Taken key={name} name={name} text={t(name)} />)}
            <Taken name="event" text={t('simulateEvent')} />
            {children}
            <span class="faint count" aria-live="polite">{count}</span>
        </div>
    );
}

export const eventsPath = `${P}/registry-events`;
